"""One profile for all properties: no deadline, because the first example may import or compile.

Nor does anybody say that it is compiled: commands print the same whether it is or not.
"""

import logging

from hypothesis import settings

settings.register_profile("queuit", deadline=None, max_examples=60)
settings.load_profile("queuit")

logging.getLogger("queuit").disabled = True
