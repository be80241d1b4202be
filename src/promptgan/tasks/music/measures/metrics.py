"""The headline numbers of pieces of music."""

from promptgan.terms.metrics import Measures, Metric

MEASURES = Measures(
    metrics=(
        Metric(
            "temperature",
            "temp.",
            "none",
            "Sampling temperature, chosen per system by the Frechet distance to validation music.",
            format="g",
        ),
        Metric(
            "nll",
            "NLL",
            "lower",
            "Nats per event of the real test music (temperature 1); an upper bound where there are latent vectors.",
            per="data/tokens",
        ),
        Metric(
            "nll_quarter",
            "NLL/quarter",
            "lower",
            "Nats of the real test music over its quarters (temperature 1): comparable across ways to write events.",
            format=".3f",
            leads=True,
        ),
        Metric(
            "frechet_music",
            "Frechet",
            "lower",
            "Distance of the judge's features of two bars from those of test music, both taken as normal.",
            format=".1f",
            leads=True,
        ),
        Metric(
            "judged_real",
            "judged real",
            "real",
            "How sure the judge is that nobody has tampered with notes, rhythm, voices or order.",
            leads=True,
        ),
        Metric(
            "clean",
            "clean",
            "real",
            "Share of progressions without crossed voices and parallel fifths or octaves; of voices of single notes.",
            leads=True,
        ),
        Metric("parallel_fifths", "parallel 5ths", "lower", "Share of progressions with parallel fifths."),
        Metric("parallel_octaves", "parallel 8ves", "lower", "Share of progressions with parallel octaves or unisons."),
        Metric("crossings", "crossings", "lower", "Share of sonorities in which a lower voice sings above a higher."),
        Metric(
            "obedience",
            "obedience",
            "real",
            "How far a piece is what its prompt asks for; for what kind of prompt is in the signature.",
            leads=True,
        ),
        Metric(
            "variety",
            "variety",
            "real",
            "Different pairs of harmonies over all pairs, in any key: low means that pieces are harmonised alike.",
            leads=True,
        ),
        Metric("in_scale", "in scale", "real", "Share of notes in the scale that fits a piece best."),
        Metric(
            "tonal_distance",
            "tonal distance",
            "real",
            "How far voices are from each other on the circles of fifths and thirds, bar by bar.",
        ),
        Metric("pitch_distance", "pitches", "lower", "Total variation of pitches from those of test music."),
        Metric("interval_distance", "intervals", "lower", "The same of a voice's steps from note to note."),
        Metric("duration_distance", "durations", "lower", "The same of durations."),
        Metric("onset_distance", "onsets", "lower", "The same of where in the bar notes begin."),
        Metric("repeated_bars", "repeated bars", "real", "Share of bars that repeat an earlier one of their piece."),
        Metric(
            "copied_runs", "copied runs", "real", "Share of runs of 8 notes that stand in training music, in any key."
        ),
        Metric("longest_copied", "longest copy", "real", "Notes in a row that do, the most of a piece.", format=".1f"),
        Metric("duplicates", "duplicates", "real", "Share of pieces that repeat another of the set, in any key."),
    ),
    ranked_by="frechet_music",
    diversity="variety",
    qualities=("judged_real", "clean"),
    further=(
        Metric("empty_bars", "empty bars", "real", "Share of bars in which nothing sounds."),
        Metric("used_pitch_classes", "pitch classes", "real", "Pitch classes of a bar.", format=".2f"),
        Metric("qualified_notes", "qualified notes", "real", "Share of notes of a thirty-second or longer."),
        Metric("polyphony", "polyphony", "real", "Pitches that sound at once.", format=".2f"),
        Metric("groove_consistency", "groove", "real", "How far neighbouring bars begin notes at the same ticks."),
        Metric("quarters", "quarters", "real", "Length of a piece.", format=".2f"),
        Metric("mended", "mended", "lower", "Share of pieces that the decoder had to mend."),
    ),
)
