"""Pieces to be heard, side by side, on the report page, in the terminal and on the model card."""

import base64
import json
import shlex
from pathlib import Path
from typing import Any

from markupsafe import Markup

from promptgan.terms.systems import SYSTEMS

TITLE = "Music"
"""What stands above the page, before where it was learnt from."""
PIPELINE_TAG = "text-to-audio"
"""The Hugging Face Hub's name of the task."""
USES = (
    "For research on adversarial training of music generators and for exercises in harmony. What it writes may repeat"
    " its training pieces: look at copies before you publish any of it as new."
)
SHOWN = 8
"""Prompts."""
QUARTER = 24
"""Ticks, of `promptgan.media.music.piece`."""
STYLE = """
.piece button { font: inherit; padding: .15rem .75rem; margin-right: .75rem; cursor: pointer; }
.piece button[aria-pressed="true"] { background: var(--accent); color: var(--paper); }
.piece svg { display: block; margin-top: .25rem; }
"""
PLAYER = """
(() => {
  let audio, playing;
  const stop = () => {
    if (!playing) return;
    clearInterval(playing.timer);
    playing.out.disconnect();
    playing.head.remove();
    playing.button.setAttribute("aria-pressed", "false");
    playing = undefined;
  };
  const sound = (out, begin, [onset, duration, pitch, drum], tick) => {
    const start = begin + onset * tick, end = drum ? start + 0.05 : start + duration * tick;
    const tone = audio.createOscillator(), loudness = audio.createGain();
    tone.type = drum ? "square" : "triangle";
    tone.frequency.value = 440 * 2 ** ((pitch - 69) / 12);
    loudness.gain.setValueAtTime(0, start);
    loudness.gain.linearRampToValueAtTime(0.16, Math.min(start + 0.02, end));
    loudness.gain.linearRampToValueAtTime(0.1, end);
    loudness.gain.linearRampToValueAtTime(0, end + 0.1);
    tone.connect(loudness).connect(out);
    tone.start(start);
    tone.stop(end + 0.1);
  };
  const play = button => {
    audio ??= new AudioContext();
    audio.resume();
    const tick = Number(button.dataset.tick), out = audio.createGain(), begin = audio.currentTime + 0.1;
    const picture = button.closest("figure").querySelector("svg");
    const head = document.createElementNS(picture.namespaceURI, "path");
    head.setAttribute("stroke", "currentColor");
    picture.append(head);
    out.connect(audio.destination);
    for (const note of JSON.parse(button.dataset.notes)) sound(out, begin, note, tick);
    button.setAttribute("aria-pressed", "true");
    const move = () => {
      const ticks = Math.max(0, (audio.currentTime - begin) / tick);
      if (!button.isConnected || ticks > Number(button.dataset.ticks) + 0.2 / tick) return stop();
      head.setAttribute("d", `M${Number(picture.dataset.left) + ticks} 0V${picture.viewBox.baseVal.height}`);
    };
    playing = { button, out, head, timer: setInterval(move, 40) };
    move();
  };
  document.addEventListener("click", event => {
    const button = event.target.closest("button[data-notes]");
    if (!button) return;
    const again = playing?.button === button;
    stop();
    if (!again) play(button);
  });
})();
"""
"""Plays a piece from its notes, by the Web Audio API, and moves a line over its roll: a piece costs two thousand bytes
where its recording costs a hundred thousand, is the same in every report of the same run, and needs no decoder. It
takes buttons with data-notes, data-tick and data-ticks in a figure with the roll, whenever they come."""


def markup(samples: Path) -> str:
    """For each prompt the real piece and what every model made of it, with roll, player and MIDI file.

    Args:
        samples: the folder of samples.parquet, real.parquet and what they name.
    """
    parts = [
        Markup("<style>{}</style>").format(Markup(STYLE)),
        Markup(
            '<p class="soft">Not selected: some prompts of the test split, drawn at random; {}. Outlines are what'
        ).format(_drawn(samples))
        + Markup(" the prompt gives. The player sounds the notes by itself; the MIDI files sound better.</p>"),
    ]
    for prompt, pieces in heard(samples)[:SHOWN]:
        parts.append(Markup("<h3>{}</h3>").format(prompt))
        figures = Markup("\n").join(_figure(samples, prompt, piece) for piece in pieces)
        parts.append(Markup('<div class="figures">\n{}\n</div>').format(figures))
    parts.append(Markup("<script>{}</script>").format(Markup(PLAYER)))
    return Markup("\n").join(parts)


def card(samples: Path, model: str) -> str:
    """How to draw from the model folder ``model``, in Markdown."""
    prompt = next((prompt for prompt, _ in heard(samples)), "C major 4/4")
    commands = {"harmonise": "harmonise --melody FILE.mid", "continue": "continue --midi FILE.mid"}
    asking = commands.get(prompt.split()[0], f"generate --prompt {shlex.quote(prompt)}")
    return (
        "The folder loads by itself, and writes MIDI, MusicXML, a piano roll and sound:\n\n"
        f"    promptgan {asking} --model {model} --out music"
    )


def shown(samples: Path, count: int) -> list[tuple[str, dict[str, str]]]:
    """The first ``count`` prompts, each with where the piece of every system lies, by its name."""
    return [
        (prompt, {piece["model"]: str(samples / f"{piece['file']}.mid") for piece in pieces})
        for prompt, pieces in heard(samples)[:count]
    ]


def heard(samples: Path) -> list[tuple[str, list[dict[str, Any]]]]:
    """The pieces for people: of each prompt its first words, and a row of each system in their order."""
    import pandas as pd

    table = pd.concat(pd.read_parquet(samples / f"{name}.parquet") for name in ("samples", "real"))
    table = table[table["purpose"] == "read"]
    order = {system.name: place for place, system in enumerate(SYSTEMS)}
    groups: dict[str, list[dict[str, Any]]] = {}
    for row in sorted(table.to_dict("records"), key=lambda row: order[row["model"]]):
        groups.setdefault(row["prompt_id"], []).append({str(name): value for name, value in row.items()})
    return [(rows[0]["prompt"].partition(" | ")[0], rows) for rows in groups.values()]


def _drawn(samples: Path) -> str:
    import pandas as pd

    table = pd.read_parquet(samples / "samples.parquet", columns=["purpose", "temperature", "top_p"])
    drawn = table[table["purpose"] == "read"].head(1)
    return "".join(f"temperature {row.temperature:g}, top-p {row.top_p:g}" for row in drawn.itertuples())


def _figure(samples: Path, prompt: str, row: dict[str, Any]) -> Markup:
    title = next(system.title for system in SYSTEMS if system.name == row["model"])
    piece = json.loads(row["music"])
    notes = [[*note, int(voice["drums"])] for voice in piece["voices"] for note in voice["notes"]]
    return Markup(
        '<figure class="piece"><figcaption>{title}</figcaption>'
        '<button type="button" aria-pressed="false" aria-label="play: {title}, {prompt}" data-tick="{tick:.6f}"'
        ' data-ticks="{ticks}" data-notes="{notes}">play</button>'
        '<a href="data:audio/midi;base64,{midi}" download="{name}.mid" aria-label="MIDI: {title}, {prompt}">MIDI</a>'
        "{roll}</figure>"
    ).format(
        title=title,
        prompt=prompt,
        tick=60 / piece["tempo"] / QUARTER,
        ticks=piece["ticks"],
        notes=json.dumps(notes, separators=(",", ":")),
        midi=base64.b64encode((samples / f"{row['file']}.mid").read_bytes()).decode(),
        name=row["file"].replace("/", "-"),
        roll=Markup((samples / f"{row['file']}.svg").read_text(encoding="utf-8")),
    )


def caveats(judges: dict[str, Any]) -> list[str]:
    """What to know before one quotes a number.

    Args:
        judges: the content of metrics/judges.json.
    """
    return [
        "A lower temperature makes fewer faults of voice leading and less variety. Compare curves, not points.",
        "Likelihood here is of events: compare nats per quarter with other representations, not nats per token, and"
        " with a published number only where that was measured on this split.",
        "Statistics of a few bars say whether music resembles the real one in what they count, not whether it is good"
        " to hear: listen.",
    ]
