"""Words that hold a sentence together, which attacks leave alone: of English and of Chinese.

Closed classes of words alone: articles, pronouns, prepositions, conjunctions, auxiliaries, question words and, since
they turn a meaning round, negations.
"""

_ENGLISH = """
a an the this that these those such same other another some any each every either neither both all few
i me my mine myself we us our ours ourselves you your yours yourself yourselves he him his himself she her hers
herself it its itself they them their theirs themselves one oneself who whom whose which what when where why how
whoever whatever whichever whenever wherever
about above across after against along among around as at before behind below beneath beside between beyond by down
during except for from in inside into like near of off on onto out outside over past per since than through
throughout till to toward towards under until unto up upon via with within without
and but or nor so yet if because although though while whereas unless whether once lest
am is are was were be been being do does did doing done have has had having can could may might must shall should
will would ought need dare
not no never none nobody nothing nowhere hardly scarcely barely without cannot
i'm you're he's she's it's we're they're i've you've we've they've i'd you'd he'd she'd we'd they'd i'll you'll
he'll she'll we'll they'll that's there's here's what's who's let's isn't aren't wasn't weren't don't doesn't didn't
haven't hasn't hadn't can't couldn't mustn't shan't shouldn't won't wouldn't
there here then now again also too very just only even still already ever more most much many less least
"""
_CHINESE = "的了着过地得和与或但而在于从对把被给向为以不没无别未非是有我你您他她它们这那也都就吗呢吧啊之其"
STOP_WORDS = frozenset((*_ENGLISH.split(), *_CHINESE))
"""Case-folded."""
