"""Tags refusals with what they mean: which rule, why, whose fault, and what it says about the address."""

from bouncelake.classify.classifier import TAGS, Classifier
from bouncelake.classify.explaining import explain

__all__ = ["TAGS", "Classifier", "explain"]
