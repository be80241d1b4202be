"""Texts are strings: there is nothing to say of them that all tasks would not share."""
