"""A word is misspelt so that people still read it, as in DeepWordBug (Gao et al., 2018, arXiv:1801.04354).

Of a word of at least four letters, none of them a stop word, there are four misspellings, each at a place that is drawn
and neither the first nor the last: two letters swapped, one replaced by its neighbour on a QWERTY keyboard, one left
out, one put in. A Chinese character becomes one that looks alike, or is swapped with the next.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import regex

from promptgan.tasks.classification.samples.attack import Change
from promptgan.tasks.classification.samples.stop_words import STOP_WORDS

SHORTEST = 4
"""Letters of a word that is misspelt, at least."""
ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
"""Of a keyboard; each key has half of its width to the left of the one above."""
LOOK_ALIKE = (
    "己已巳 土士 未末 日曰 天夭 大太犬 人入八 干千于 王玉主 木本术 白自 乌鸟 今令 甲申由 "
    "贝见 午牛 戊戌戍 候侯 折拆 辨辩辫 清请情晴 很狠恨 那哪 买卖 治冶 竞竟 析折 拔拨 钓钩 "
    "眼跟 住往 坏杯 完宗 没设 间问闻 哀衰 休体 兔免 喝渴 暮幕墓 块快 感惑 抢抱 历厉 困因 "
    "广厂 处外 刀力 开井 电申 史吏 师帅 特持 拍柏 跑泡 爱受 差羞 密蜜 错借 气汽 服报 "
    "评坪 "
)
"""Chinese characters that are easily read for one another, in groups."""

_NEAR = {
    key: sorted(
        {row[i] for i in (place - 1, place + 1) if 0 <= i < len(row)}
        | {ROWS[n - 1][i] for i in (place, place + 1) if n and i < len(ROWS[n - 1])}
        | {ROWS[n + 1][i] for i in (place - 1, place) if n < 2 and 0 <= i < len(ROWS[n + 1])}
    )
    for n, row in enumerate(ROWS)
    for place, key in enumerate(row)
}
_ALIKE = {one: [other for other in group if other != one] for group in LOOK_ALIKE.split() for one in group}
_HAN = regex.compile(r"\p{Han}")


@dataclass(frozen=True)
class Attack:
    """Misspellings."""

    def __call__(self, words: Sequence[str], place: int, random: np.random.Generator) -> list[Change]:
        """What the word at ``place`` may become."""
        word = words[place]
        if word.casefold() in STOP_WORDS:
            return []
        if _HAN.fullmatch(word):
            alike: list[Change] = [{place: other} for other in _ALIKE.get(word, ())]
            behind = words[place + 1] if place + 1 < len(words) else ""
            swaps = _HAN.fullmatch(behind) and behind != word
            return [*alike, {place: behind, place + 1: word}] if swaps else alike
        if not word.isalpha() or len(word) < SHORTEST:
            return []
        return [{place: other} for other in dict.fromkeys(misspelt(word, random)) if other != word]


def misspelt(word: str, random: np.random.Generator) -> Iterator[str]:
    """A swap, a neighbouring key, a deletion and an insertion, in that order, which keep the first and last letter."""
    inner = len(word) - 2
    i = 1 + int(random.integers(inner - 1))
    yield word[:i] + word[i + 1] + word[i] + word[i + 2 :]
    i = 1 + int(random.integers(inner))
    yield word[:i] + _key(word[i], random) + word[i + 1 :]
    i = 1 + int(random.integers(inner))
    yield word[:i] + word[i + 1 :]
    i = 1 + int(random.integers(inner + 1))
    yield word[:i] + _key(word[i - 1], random) + word[i:]


def _key(letter: str, random: np.random.Generator) -> str:
    """A key beside that of a letter, in its case; one that no QWERTY keyboard has is doubled."""
    near = _NEAR.get(letter.lower(), [letter])
    other = near[int(random.integers(len(near)))]
    return other.upper() if letter.isupper() else other
