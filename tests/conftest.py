"""One profile for all properties: no deadline, because the first example may import or compile."""

from hypothesis import settings

settings.register_profile("queuit", deadline=None, max_examples=60)
settings.load_profile("queuit")
