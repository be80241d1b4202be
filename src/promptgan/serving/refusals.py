"""Why the service refuses a request: the status and the words of every refusal."""

from promptgan.core.errors import PromptganError, nearest, shown


class Refused(PromptganError):
    """A request that is not answered."""

    status = 400
    code = "invalid_request"
    retry_after: int | None = None
    """Seconds after which the same may succeed."""


class Unusable(Refused):
    """A model cannot answer this."""

    status, code = 422, "unusable_request"


class NoSuchModel(Refused):
    """No model of that name is served, or none that does what is asked."""

    status, code = 404, "model_not_found"

    def __init__(self, name: str, known: list[str], kind: str) -> None:
        served = f"those that do are {', '.join(known)}" if known else "none that is served does"
        super().__init__(f"no model {shown(name)} can {kind} here{nearest(name, known)}", served)


class NoSupport(Refused):
    """The service holds no index of questions."""

    status, code = 404, "support_not_served"


class NoRecommendations(Refused):
    """The service holds no recommender."""

    status, code = 404, "recommend_not_served"


class NoKey(Refused):
    """An API key is needed, and there is none or a wrong one."""

    status, code = 401, "invalid_api_key"


class TooFast(Refused):
    """A key has asked as often as it may."""

    status, code, retry_after = 429, "rate_limit_exceeded", 1

    def __init__(self, rate: float, seconds: int) -> None:
        super().__init__(f"more than {rate:g} requests a minute", f"try again in {seconds} s")
        self.retry_after = seconds


class QueueFull(Refused):
    """As many requests wait as may."""

    status, code, retry_after = 429, "queue_full", 1

    def __init__(self, waiting: int) -> None:
        super().__init__(f"{waiting} answers are waited for already", "try again in a second")


class TooLarge(Refused):
    """The body has too many bytes."""

    status, code = 413, "too_large"


class TooSlow(Refused):
    """The body did not come in time."""

    status, code = 408, "too_slow"


class Harmful(Refused):
    """Moderation refuses the prompt, or the answer to it."""

    status, code = 400, "content_filter"


class NotInTime(Refused):
    """The answer took longer than is waited for."""

    status, code, retry_after = 504, "timeout", 5


class NotReady(Refused):
    """No worker is there: the service starts, ends, or its models cannot be loaded."""

    status, code, retry_after = 503, "not_ready", 2
