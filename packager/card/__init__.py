"""The dataset card: dataset_card.md -> README.md.

render.py   keep what people wrote, generate the rest
"""

from packager.card.render import CardFacts, FieldFacts, SplitFacts, check_card, render_card

__all__ = ["CardFacts", "FieldFacts", "SplitFacts", "check_card", "render_card"]
