"""Whether a line counts on; of training and of evaluation."""


def counts_on(first: int, rest: list[int]) -> bool:
    """Whether four tokens follow, each one more than the one before."""
    return rest == [first + i for i in range(1, 5)]
