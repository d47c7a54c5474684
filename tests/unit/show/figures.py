"""What a picture shows, as text."""


def title(figure):
    return figure.texts[0].get_text().replace("\n", " ")


def words(figure):
    """Return all labels inside and beside the axes."""
    return {text.get_text() for axes in figure.axes for text in axes.texts}


def in_order(text, *parts):
    """Return whether all parts occur in the text, each behind the one before."""
    at = 0
    for part in parts:
        at = text.find(part, at) + len(part)
        if at < len(part):
            return False
    return True
