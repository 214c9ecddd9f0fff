"""Write the small corpus of conversations that `packager demo` works on.

Thirteen recordings in English and German, one of them for the second release, and one file that is broken on
purpose. The conversations are invented for this project and under its licence. Equal calls write equal bytes.
A new recording is a new block in `_CORPUS`: its file (a name that ends with `/` is a folder with one file a
segment), the time of its first words, and who says what.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_CORPUS: Final = """
== en/lost-property.jsonl 4.2
Ines Almada: Lost property, good morning. What went missing?
Otto Reyes: A recording. Forty minutes of my grandmother explaining how to prune a pear tree.
Ines Almada: On a cassette, on a phone, on a stick?
Otto Reyes: On a stick, on the seven o'clock ferry. Somebody had named it final, new, really final.
Ines Almada: We have nine of those. Does anything in it tell it from the others?
Otto Reyes: She sneezes at minute three, and then she blames the tree.
Ines Almada: Then we will listen until somebody sneezes. Please take a seat.

== en/seed-library.jsonl 0.8
Maud Whitlock: You borrow a handful of beans in spring and bring a handful back in autumn.
Jonah Pike: And if I bring back different beans?
Maud Whitlock: Then you write it on the envelope. A bean without a label is only a surprise.
Jonah Pike: Who reads all these envelopes?
Maud Whitlock: Whoever plants them next. I write for a stranger in a hurry with muddy hands.
Jonah Pike: That may be the best advice on documentation I have ever been given.

== en/tape-hiss.json 12.5
Priya Raman: Do you hear that? Under her voice, like rain on a tent.
Callum Frost: That is the tape itself. I could take it out in ten minutes.
Priya Raman: Could you put it back in eleven?
Callum Frost: No. Once it is gone, it is gone.
Priya Raman: Then we keep the original, publish the clean one, and say which is which.
Callum Frost: And the kettle at the end?
Priya Raman: The kettle stays in both. She waited the whole interview for that tea.

== en/night-train.jsonl 3661
Lena Osei: The timetable says we stop at ten past one, but there is no station on the map.
Guard: There used to be one. We still slow down for it.
Lena Osei: For whom?
Guard: For the timetable, madam. It was copied from the old one, and nobody checked the rows.
Lena Osei: Somebody ought to compare it with the railway.
Guard: They did, in the spring. Two stations had moved and one had never existed.

== en/sound-check.json 1.0
Rosa Lindqvist: One, two. One, two. Is anybody counting with me?
Ben Achebe: Three, four. You are a little close to the microphone.
Rosa Lindqvist: Better? I had soup. I can describe the soup, if you need a longer sample.
Ben Achebe: Please do. Slowly, with plenty of consonants.
Rosa Lindqvist: Parsnip, pepper, a splash of cider, and a crust that crackled like a campfire.
Ben Achebe: Perfect. The levels are good, and now I am hungry.

== en/lighthouse/ 7.0
Magnus Bell: My father wrote down every ship that passed. Name, time, weather.
Tess Okafor: Every single one, for thirty years?
Magnus Bell: There is one gap, in the winter of sixty-two. He wrote: fog, saw nothing, heard three.
Tess Okafor: I like that he counted what he could not see.
Magnus Bell: He said an empty line and an unknown ship are not the same thing.

== de/bahnhof.jsonl 2.4
Jule Brandt: Entschuldigung, ist das hier das Gleis nach Lindau?
Herr Petersen: Heute ja. Gestern war es noch Gleis vier, und die Anzeige glaubt das immer noch.
Jule Brandt: Und woher wissen Sie es dann?
Herr Petersen: Ich habe nachgesehen, wo der Zug steht.
Jule Brandt: Das ist natürlich die bessere Quelle.
Herr Petersen: Die Anzeige sagt, was jemand geplant hat. Der Zug sagt, was ist.

== de/im-archiv.json 15
Dr. Nadja Stein: Vorsicht mit dem Karton, darin liegen achtzig Jahre Dorfgespräche.
Timo Falk: Und wonach sind sie sortiert?
Dr. Nadja Stein: Nach der Farbe des Umschlags. Mein Vorgänger war ein fröhlicher Mensch.
Timo Falk: Soll ich sie umsortieren?
Dr. Nadja Stein: Erst abschreiben, dann sortieren. Sonst verlieren wir das Einzige, was er uns verraten hat.
Timo Falk: Rot sind übrigens alle, in denen gelacht wird.
Dr. Nadja Stein: Dann hatte er doch ein System.

== de/segeln.jsonl 31.7
Frauke Jansen: Der Wind dreht. Was schreibst du ins Logbuch?
Mehmet Aydin: Wind aus Nordwest, vier, böig. Und dass mir kalt ist.
Frauke Jansen: Das Zweite gehört nicht hinein.
Mehmet Aydin: In der Spalte Bemerkungen ist noch Platz.
Frauke Jansen: Gut. Aber mit Uhrzeit, damit man sieht, wann der Tee fertig war.

== de/chorprobe.jsonl 600
Clara Weiss: Noch einmal ab Takt zwölf, und diesmal bitte alle dasselbe Stück.
Anton Huber: Bei mir steht hier aber ein Fis.
Clara Weiss: Aus welcher Ausgabe singst du denn?
Anton Huber: Aus der von neunzehnhundertachtundneunzig. Die neue lag ganz unten.
Clara Weiss: Deshalb schreibe ich die Nummer auf jede Seite.
Anton Huber: Und ich dachte immer, das wäre die Zimmernummer.
Clara Weiss: Takt zwölf. Version zwei. Und bitte!

== de/bienen.json 0
Greta Sommer: Wie viele Bienen wohnen in so einem Kasten?
Opa Wilhelm: Im Juni ungefähr vierzigtausend. Ich habe sie nicht einzeln begrüßt.
Greta Sommer: Und woher weißt du dann die Zahl?
Opa Wilhelm: Man zählt eine Wabe ganz genau und schätzt den Rest. Wichtig ist, dass man dazusagt, was was ist.
Greta Sommer: Dann schreibe ich: eine gezählt, neun geschätzt.
Opa Wilhelm: So macht man das. Und jetzt gibt es Honigbrot.

== de/flohmarkt.jsonl 9.9
Samira Khoury: Was kostet die Kiste mit den Kassetten?
Bruno Lenz: Fünf Euro. Mit den Hüllen sieben.
Samira Khoury: Was ist an den Hüllen so wertvoll?
Bruno Lenz: Da steht drauf, wer spricht. Ohne die Hüllen sind es nur Stimmen.
Samira Khoury: Dann bitte mit Hüllen. Ich gebe Ihnen acht.
"""

_NEXT: Final = """
== en/reading-room.jsonl 5.5
Aoife Byrne: Is this the second edition?
Hugo Marchetti: It is. The first one is on the shelf beside it, and it will stay there.
Aoife Byrne: Even though you found mistakes in it?
Hugo Marchetti: Because people have quoted it. A page that changes under your finger is no use to anyone.
Aoife Byrne: So what is new in this one?
Hugo Marchetti: One more conversation. I believe we are having it.
"""

# One good line, so that a reader sees that the others are still checked; then one fault a line.
_BROKEN: Final = """\
{"Speaker": "Vera Novak", "Start": "00:00:01.000", "End": "00:00:03.400", "Text": "The lights went out."}
{"Speaker": "Emil Novak", "Start": "00:00:3.9", "End": "00:00:06.200", "Text": "I was typing the time."}
{"Speaker": "Vera Novak", "Start": "00:00:09.800", "End": "00:00:06.900", "Text": "Backwards, it seems."}
{"Start": "00:00:10.100", "End": "00:00:11.700", "Text": "Who said that?"}
{"Speaker": "Emil Novak", "Start": "00:00:12.000", "End": "00:00:13.500", "Text": "Me.", "Text": "Or me."}
{"Speaker": "Vera Novak", "Start": "00:00:14.000", "End": "00:00:16.300", "Text": "One comma too many,",}
"""


def write_corpus(folder: Path) -> None:
    """Write twelve recordings into the project in `folder`, below `segments/`."""
    _write_conversations(folder, _CORPUS)


def write_next_recording(folder: Path) -> str:
    """Write the recording that the second release adds; return its path in the project."""
    return _write_conversations(folder, _NEXT)


def write_broken(folder: Path) -> str:
    """Write a file with five different faults; return its path in the project.

    They are a time in another form, an end before its start, a missing speaker, a key that stands twice and
    a trailing comma.
    """
    name = "segments/broken.jsonl"
    _write_text(folder / name, _BROKEN)
    return name


def _write_conversations(folder: Path, text: str) -> str:
    """Write these recordings; return the path of the last one."""
    path = ""
    for block in text.split("\n== ")[1:]:
        head, *lines = block.strip().split("\n")
        path, _, seconds = head.partition(" ")
        _write(folder / "segments", path, [*_turns(lines, round(float(seconds) * 1000))])
    return f"segments/{path}"


def _turns(lines: list[str], milliseconds: int) -> Iterator[dict[str, str]]:
    """Yield the segments; people speak some 16 characters a second and pause for half a second or less."""
    for line in lines:
        speaker, _, text = line.partition(": ")
        end = milliseconds + 500 + 62 * len(text)
        yield {"Speaker": speaker, "Start": _clock(milliseconds), "End": _clock(end), "Text": text}
        milliseconds = end + 120 + 45 * (len(text) % 9)


def _clock(milliseconds: int) -> str:
    """Return a time as a segment says it.

    >>> _clock(3_661_500)
    '01:01:01.500'
    """
    seconds, rest = divmod(milliseconds, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{rest:03}"


def _write(segments: Path, name: str, turns: list[dict[str, str]]) -> None:
    path = segments / name
    if name.endswith("/"):
        for number, turn in enumerate(turns, start=1):
            _write_text(path / f"{number:03}.json", f"{_json(turn, indent=2)}\n")
    elif path.suffix == ".jsonl":
        _write_text(path, "".join(f"{_json(turn)}\n" for turn in turns))
    else:
        _write_text(path, f"{_json(turns, indent=2)}\n")


def _json(value: object, *, indent: int | None = None) -> str:
    return json.dumps(value, ensure_ascii=False, indent=indent)


def _write_text(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())
