"""What the kinds of the users' equilibrium are called where people read of them."""

WORDS = {  # of `agents.congestion.game.KINDS`
    "all stay": "all stay",
    "all leave": "all leave",
    "scalar indifference": "indifferent at one model",
    "{0,1} mix": "some stay, some leave",
    "double indifference": "indifferent at both models",
    "interior": "all leave sometimes",
}
