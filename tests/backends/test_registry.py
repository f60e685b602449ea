"""The zoo lists what is installed, and a broken or clashing plugin stops nobody."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from hpscan.backends.autoencoder import backend as autoencoder
from hpscan.backends.registry import Plugin, current_name, load, names, owner, plugins
from hpscan.core.backend import Supervision
from hpscan.core.errors import BackendBrokenError, BackendClashError, BackendNotFoundError
from plugin_builder import WHOLE, installer

if TYPE_CHECKING:
    from pathlib import Path

    from plugin_builder import Install


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Pretends that a distribution offers a backend."""
    return installer(tmp_path, monkeypatch)


def _listed(name: str) -> list[Plugin]:
    return [plugin for plugin in plugins() if plugin.name == name]


def test_the_built_in_backends_are_listed_in_order_and_whole() -> None:
    names = [plugin.name for plugin in plugins()]
    assert {"autoencoder", "redness"} <= set(names)
    assert names == sorted(names)
    for name in ("autoencoder", "redness"):
        (plugin,) = _listed(name)
        assert plugin.distribution == "hpscan"
        assert plugin.version
        assert plugin.problem == ""


def test_a_built_in_backend_is_loaded_with_where_it_comes_from() -> None:
    backend, plugin = load("autoencoder")
    assert backend is autoencoder.backend
    assert plugin.distribution == "hpscan"


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(BackendNotFoundError, match="'autoencodr'") as caught:
        load("autoencodr")
    assert caught.value.hint == "did you mean autoencoder?"


def test_the_nearest_name_is_found_whatever_its_case() -> None:
    with pytest.raises(BackendNotFoundError, match="'CNN'") as caught:
        load("CNN")
    assert caught.value.hint == "did you mean cnn?"


def test_a_name_near_to_nothing_is_answered_with_all_there_are() -> None:
    with pytest.raises(BackendNotFoundError) as caught:
        load("qqq")
    assert "autoencoder, " in caught.value.hint
    assert "redness" in caught.value.hint


def test_a_plugin_of_another_distribution_is_found_by_the_same_line(install: Install) -> None:
    install("hpscan-stars", "stars", "stars_of_a_test:backend", stars_of_a_test=WHOLE)
    expected = Plugin("stars", "hpscan-stars", "1.5", "stars_of_a_test", Supervision.LABELLED_PATCHES)
    assert _listed("stars") == [expected]
    assert expected.status == "ok"
    backend, plugin = load("stars")
    assert type(backend).__name__ == "Backend"
    assert plugin == expected


def test_names_are_known_without_loading_anything(install: Install) -> None:
    install("hpscan-stars", "stars", "stars_of_a_test:backend", stars_of_a_test="raise SystemExit\n")
    assert {"autoencoder", "redness", "stars"} <= set(names())
    assert "stars_of_a_test" not in sys.modules


def test_the_listing_tells_what_each_learns_from() -> None:
    learns = {plugin.name: plugin.learns_from for plugin in plugins()}
    assert learns["autoencoder"] is Supervision.NEGATIVE_PATIENTS
    assert learns["redness"] is Supervision.NOTHING


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("import no_such_module_anywhere\n", "ModuleNotFoundError: No module named", id="import"),
        pytest.param("raise ValueError('first line\\nsecond')\n", "ValueError: first line", id="raise"),
        pytest.param("import sys\nsys.exit('no licence')\n", "SystemExit: no licence", id="exit"),
        pytest.param("bakend = 1\n", "AttributeError: ", id="typo"),
        pytest.param("def\n", "SyntaxError: ", id="syntax"),
    ],
)
def test_a_broken_plugin_is_listed_with_its_reason_and_stops_nobody(install: Install, text: str, reason: str) -> None:
    install("hpscan-broken", "broken", "broken_of_a_test:backend", broken_of_a_test=text)
    (plugin,) = _listed("broken")
    assert plugin.problem.startswith(reason)
    assert "\n" not in plugin.problem
    assert plugin.status == f"broken: {plugin.problem}"
    assert plugin.learns_from is None
    assert _listed("redness")[0].problem == ""
    with pytest.raises(BackendBrokenError) as caught:
        load("broken")
    assert "hpscan-broken 1.5" in caught.value.message
    assert plugin.problem in caught.value.message
    assert caught.value.hint == "mend it, or uninstall it: pip uninstall hpscan-broken"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        pytest.param(("backend = Backend()", "backend = 'twinkle'"), "it has no learns_from()", id="text"),
        pytest.param(("def fit(", "def fitt("), "it has no fit()", id="method"),
        pytest.param(("def restore(", "restore = 3\n    def other("), "it has no restore()", id="no-method"),
        pytest.param(("settings = Settings", "settings = dict"), "its settings are no pydantic model", id="dict"),
        pytest.param(("settings = Settings", "settings = Settings()"), "its settings are no pydantic model", id="made"),
        pytest.param(("    pass", "    width: int"), "its setting width has no default", id="no-default"),
        pytest.param(("backend = Backend()", "backend = Backend"), "it is the class Backend", id="class"),
        pytest.param(("Supervision.LABELLED_PATCHES", "'labels'"), "its learns_from() gives 'labels'", id="text-given"),
    ],
)
def test_what_is_no_backend_is_broken_in_plain_words(install: Install, change: tuple[str, str], reason: str) -> None:
    assert change[0] in WHOLE
    install("hpscan-odd", "odd", "odd_of_a_test:backend", odd_of_a_test=WHOLE.replace(*change))
    (plugin,) = _listed("odd")
    assert plugin.status.startswith(f"broken: it is no backend: {reason}")
    with pytest.raises(BackendBrokenError, match="is no backend"):
        load("odd")


def test_a_plugin_that_cannot_say_what_it_learns_from_is_broken(install: Install) -> None:
    text = WHOLE.replace("return Supervision", "return {}['x'] or Supervision")
    install("hpscan-odd", "odd", "odd_of_a_test:backend", odd_of_a_test=text)
    assert _listed("odd")[0].status == "broken: KeyError: 'x'"


@pytest.mark.parametrize("second", ["twin_b", "twin_a"])
def test_two_distributions_that_claim_one_name_are_an_error_that_names_both(install: Install, second: str) -> None:
    install("hpscan-a", "twin", "twin_a:backend", twin_a="backend = 1\n")
    install("hpscan-b", "twin", f"{second}:backend", twin_b="backend = 2\n")
    assert sorted(plugin.distribution for plugin in _listed("twin")) == ["hpscan-a", "hpscan-b"]
    assert {plugin.status for plugin in _listed("twin")} == {"clash: claimed by hpscan-a and hpscan-b"}
    with pytest.raises(BackendClashError, match="claimed by hpscan-a and hpscan-b") as caught:
        load("twin")
    assert "uninstall" in caught.value.hint


def test_a_distribution_that_claims_a_built_in_name_does_not_get_it(install: Install) -> None:
    install("hpscan-thief", "redness", "thief_of_a_test:backend", thief_of_a_test="backend = 1\n")
    with pytest.raises(BackendClashError, match="claimed by hpscan and hpscan-thief"):
        load("redness")
    assert load("autoencoder")[0] is autoencoder.backend


def test_listing_loads_no_torch() -> None:
    code = """
import sys
from hpscan.backends.registry import load, plugins
names = [p.name for p in plugins() if p.distribution == "hpscan" and not p.problem]
settings = [load(name)[0].settings() for name in names]
print(len(settings) >= 2, sorted({"torch", "lightning", "timm", "anomalib", "sklearn"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "True []"


def test_a_module_is_known_by_the_plugin_that_holds_it(install: Install) -> None:
    install("hpscan-sky", "sky", "sky_of_a_test.sky:backend")
    install("hpscan-stars", "stars", "stars_of_a_test:backend")
    found = owner(["hpscan.cli.app", "sky_of_a_test.sky", "stars_of_a_test.networks.deep", "torch.nn"])
    assert found is not None
    assert (found.name, found.distribution) == ("stars", "hpscan-stars")
    assert owner(["__main__", "hpscan.backends.redness.backend", "sky_of_another_test"]) is None


def test_an_old_name_stands_for_the_new_one() -> None:
    assert current_name("boxed") == "bundled"
    assert current_name("cnn") == "cnn"
    assert load("boxed")[1].name == "bundled"
