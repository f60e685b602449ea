"""Which images a row of a table can mean: every way to name a patch, compared with what is there.

An id is never taken apart by a pattern alone: first the exact text, then lenient readings (`180` for `00180`, another
Unicode form, a section that only one side names), and other capitals last. A lenient reading that fits two files fits none.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hpscan.core.cohort import Origin
from hpscan.data.names import Lookup, same_form, split_folder, window_key
from hpscan.data.tables.rows import IMAGE_SUFFIX

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hpscan.data.dataset.placing import Placed
    from hpscan.data.tables.rows import Reference

LOOKED_IN = (Origin.ANNOTATED, None, Origin.CROPPED)
"""Where a labelled patch is looked for: labels belong to annotated patches where there are any."""


@dataclass(frozen=True, slots=True)
class _Place:
    """One reading of a row: a patient, a section and the patch in it, with the texts that they were read from."""

    base: str
    section: str
    window: str
    folder: str
    stem: str


class Index:
    """The images, by every way in which a row can name them."""

    def __init__(self, references: Sequence[Reference], images: Sequence[Placed], codes: frozenset[str]) -> None:
        self._codes = codes
        self._bases = Lookup({image.base for image in images})
        self._by_id: dict[tuple[Origin | None, str], list[Placed]] = defaultdict(list)
        self._by_id_folded: dict[tuple[Origin | None, str], list[Placed]] = defaultdict(list)
        self._by_name: dict[tuple[Origin | None, str], list[Placed]] = defaultdict(list)
        self._by_name_folded: dict[tuple[Origin | None, str], list[Placed]] = defaultdict(list)
        self._by_place: dict[tuple[Origin | None, str, str, str], list[Placed]] = defaultdict(list)
        self._by_place_folded: dict[tuple[Origin | None, str, str, str], list[Placed]] = defaultdict(list)
        self._sections: dict[tuple[Origin | None, str], set[str]] = defaultdict(set)
        for image in images:
            origin = image.folder.part.origin
            ids = {same_form(image.id), same_form(f"{image.folder.label}.{image.file.name}")}
            for text in ids:
                self._by_id[origin, text].append(image)
            for text in {text.casefold() for text in (*ids, _plain_id(image))}:
                self._by_id_folded[origin, text].append(image)
            name, window = same_form(image.file.name), window_key(same_form(image.stem))
            self._by_name[origin, name].append(image)
            self._by_name_folded[origin, name.casefold()].append(image)
            section = same_form(image.section)
            self._by_place[origin, image.base, section, window].append(image)
            self._by_place_folded[origin, image.base, section, window.casefold()].append(image)
            self._sections[origin, image.base].add(same_form(image.section))
        self._named: dict[str, set[str]] = defaultdict(set)
        self._places = {about: self._readings(about) for about in dict.fromkeys(references)}
        for ways in self._places.values():
            for place in _all(ways):
                self._named[place.base].add(place.section)

    def key(self, about: Reference) -> str:
        """What two rows about one patch have in common, where no image answers to it."""
        places = _all(self._places[about])
        return f"{places[0].base}\t{places[0].section}\t{places[0].window}" if places else str(about)

    def base(self, about: Reference) -> str:
        """The patient that a row seems to mean, whether or not there is one."""
        places = _all(self._places[about])
        return places[0].base if places else about.patient

    def find(self, about: Reference) -> Sequence[Placed] | None:
        """The images that a row can mean: none, one, or several that cannot be told apart; None where it contradicts itself."""
        by_origin = [self.within(origin, about) for origin in LOOKED_IN]
        hits = next((images for images in by_origin if images), ())
        return None if not hits and None in by_origin else hits

    def within(self, origin: Origin | None, about: Reference) -> Sequence[Placed] | None:
        """The same of one origin."""
        ways: list[Sequence[Placed]] = []
        if about.id:
            ways.append(
                self._exact(origin, about.id)
                or self._by_path(origin, about, "id")
                or self._lenient(origin, about, "id")
            )
        if about.window:
            exact = self._exact(origin, about.window) if "." in about.window else ()
            ways.append(exact or self._lenient(origin, about, "window"))
        if about.path:
            ways.append(self._by_path(origin, about, "path"))
        hits = [way for way in ways if way]
        if not hits:
            return ()
        common = [image for image in hits[0] if all(image in way for way in hits[1:])]
        if about.patient and (about.id or about.path or "." in about.window):
            common = [image for image in common if self._is_of(image, about)]
        if about.window and not about.patient and "." not in about.window:
            window = window_key(IMAGE_SUFFIX.sub("", about.window)).casefold()
            common = [image for image in common if window_key(image.stem).casefold() == window]
        return common or None

    def _is_of(self, image: Placed, about: Reference) -> bool:
        """Whether the patient, and the section if there is one, that a row names are the image's."""
        base, section = split_folder(about.patient, self._codes)
        if image.base not in {self._bases.find(base), self._bases.find(about.patient)}:
            return False
        named = about.section or section
        return not named or not image.section or _one_section(named, image.section)

    def _exact(self, origin: Origin | None, text: str) -> Sequence[Placed]:
        """The images with this id, or with it in other capitals where none has it in these."""
        text = same_form(text)
        for wanted in (text, IMAGE_SUFFIX.sub("", text)):
            if hits := self._by_id.get((origin, wanted)):
                return hits
            if hits := self._by_id_folded.get((origin, wanted.casefold())):
                # Of `A.png`, `a.tif` and `a.bmp` two are called `P1.a`, though each has a longer id.
                return [image for image in hits if _plain_id(image) == wanted] or hits
        return ()

    def _lenient(self, origin: Origin | None, about: Reference, way: str) -> Sequence[Placed]:
        hits: dict[int, Placed] = {}
        for place in self._places[about][way]:
            for image in self._at(origin, place):
                hits[id(image)] = image
        return list(hits.values())

    def _at(self, origin: Origin | None, place: _Place) -> Sequence[Placed]:
        section = self._section(origin, place.base, place.section)
        hits: Sequence[Placed] = (
            self._by_place.get((origin, place.base, section, place.window))
            or self._by_place_folded.get((origin, place.base, section, place.window.casefold()))
            or ()
        )
        if len(hits) > 1:
            hits = [image for image in hits if same_form(image.folder.label) == place.folder] or hits
        if len(hits) > 1:
            hits = [image for image in hits if place.stem in {image.stem, image.file.name}] or hits
        return hits

    def _by_path(self, origin: Origin | None, about: Reference, way: str) -> Sequence[Placed]:
        *above, name = _parts(about.id if way == "id" else about.path)
        if way == "id" and not above:
            return ()
        if not IMAGE_SUFFIX.search(name):
            return self._lenient(origin, about, way)
        hits = self._by_name.get((origin, same_form(name)), [])
        if above:
            exact = [image for image in hits if _ends_alike(image, above)]
            return exact or self._lenient(origin, about, way)
        if about.patient:
            of_patient = [image for image in hits if self._is_of(image, about)]
            return of_patient or self._lenient(origin, about, way)
        return hits or self._by_name_folded.get((origin, same_form(name).casefold()), [])

    def _section(self, origin: Origin | None, base: str, section: str) -> str:
        """The section of the folders that a table's section means."""
        there = self._sections.get((origin, base), set())
        if section in there:
            return section
        named = self._named[base] - {""}
        if len(there) == 1 and len(named) <= 1 and (section == "" or "" in there):
            return next(iter(there))
        alike = [known for known in there if section and _one_section(section, known)]
        return alike[0] if len(alike) == 1 else section

    def _readings(self, about: Reference) -> dict[str, list[_Place]]:
        """What each of the ways in which a row names a patch can mean; the likeliest first."""
        pairs: dict[str, list[tuple[str, str]]] = {"window": [], "path": [], "id": []}
        who = f"{about.patient}_{about.section}" if about.patient and about.section else about.patient
        if about.window and who:
            pairs["window"].append((who, about.window))
        for way, path in (("path", about.path), ("id", about.id if len(_parts(about.id)) > 1 else "")):
            *above, name = _parts(path)
            if name and (above or who):
                pairs[way].append((above[-1] if above else who, name))
        for way, text in (("id", about.id), ("window", about.window if not who else "")):
            whole = IMAGE_SUFFIX.sub("", text)
            cuts = [dot.start() for dot in re.finditer(r"\.", whole)]
            splits = [(whole[:cut], whole[cut + 1 :]) for cut in cuts if 0 < cut < len(whole) - 1]
            known = [(folder, window) for folder, window in splits if self._base(folder)]
            # Without a patient to go by, the last dot parts folder and patch, but for that of `521.0`.
            last = [pair for pair in splits if re.fullmatch(r"[0-9]+\.0", pair[1])] or splits[-1:]
            pairs[way] += known or last
        return {
            way: [self._place(folder, window, about) for folder, window in dict.fromkeys(readings)]
            for way, readings in pairs.items()
        }

    def _base(self, folder: str) -> str | None:
        return self._bases.find(split_folder(folder, self._codes)[0]) or self._bases.find(folder)

    def _place(self, folder: str, window: str, about: Reference) -> _Place:
        stem = IMAGE_SUFFIX.sub("", window)
        base, section = split_folder(folder, self._codes)
        if about.section and folder == f"{about.patient}_{about.section}":
            # A section of any name, `Slide 1` too, is what the table says, whatever the pattern makes of it.
            base, inner = split_folder(about.patient, self._codes)
            section = f"{inner}_{about.section}" if inner else about.section
        base = self._bases.find(base) or base
        return _Place(base, same_form(section), window_key(same_form(stem)), same_form(folder), stem)


def _plain_id(image: Placed) -> str:
    """The id that an image has unless another one claims it: folder and file name without suffix."""
    return same_form(f"{image.folder.label}.{image.stem}")


def _all(ways: Mapping[str, Sequence[_Place]]) -> list[_Place]:
    return [place for places in ways.values() for place in places]


def _parts(path: str) -> list[str]:
    """A path's parts, whatever separates them; one empty text where there is none."""
    return [part for part in re.split(r"[/\\]+", path) if part] or [""]


def _one_section(section: str, other: str) -> bool:
    """Whether two spellings mean one section: `1`, `01` and `Slide 1`, or `a` and `Slide A`."""

    def short(text: str) -> str:
        match = re.search(r"([0-9]+|(?<![^\W_])[a-zA-Z])$", same_form(text))
        return match[1].lstrip("0") or "0" if match else text

    return same_form(section) == same_form(other) or short(section).casefold() == short(other).casefold()


def _ends_alike(image: Placed, above: Sequence[str]) -> bool:
    """Whether a file lies in folders of these names, the last of them the nearest; as many as both have."""
    folders = [same_form(part) for part in image.folder.path.parts[1:]]
    wanted = [same_form(part) for part in above if part not in {".", ".."}]
    depth = min(len(folders), len(wanted))
    return depth > 0 and folders[-depth:] == wanted[-depth:]
