"""The published numbers in the report: they are those of the record, with their intervals."""

import json

import pytest

from colorlab.base import paths
from colorlab.base.errors import BadInput
from colorlab.reporting import headline
from colorlab.reporting.records import record

KNOWN = record(paths.RESULTS / "errors" / "metrics.json")


def rows(table):
    """Lines of a table as dicts."""
    heading, *lines = table
    return [dict(zip(heading, line, strict=True)) for line in lines]


@pytest.mark.parametrize(("table", "name"), [(headline.metrics_table, "miniplaces"), (headline.pocket_table, "pocket")])
def test_the_table_of_metrics_has_each_value_over_its_interval(table, name):
    shown = {row["method"]: row for row in rows(table(paths.RESULTS))}
    assert list(shown) == list(KNOWN[name]["methods"])
    value, interval = shown["vivid x1.1"]["CIEDE2000"].split("\n")
    low, high = KNOWN[name]["intervals"]["vivid x1.1"]["ciede2000"]
    assert float(value) == pytest.approx(KNOWN[name]["methods"]["vivid x1.1"]["ciede2000"], abs=0.0051)
    assert [float(end) for end in interval.split(" to ")] == pytest.approx([low, high], abs=0.0051)
    assert shown["grey"]["below grey %"] == "0.0"  # no interval: it has no width


def test_the_table_of_differences_has_each_network_beside_both_baselines_and_places():
    lines = rows(headline.differences_table(paths.RESULTS))
    pairs = [(line["method"], line["than"]) for line in lines]
    assert len(set(pairs)) == len(pairs)
    networks = {name for name in KNOWN["miniplaces"]["methods"] if " x" in name}
    assert {(name, other) for name in networks for other in ("grey", "mean colour")} < set(pairs)
    assert ("vivid x1.1", "places x1.2") in pairs and ("places x1", "places x1.2") not in pairs
    line = lines[pairs.index(("vivid x1.1", "grey"))]
    known = KNOWN["miniplaces"]["against"]["vivid x1.1"]["grey"]["ciede2000"]
    assert (line["gain"], line["lose"]) == (str(known["gain"]), str(known["lose"]))
    assert float(line["CIEDE2000 lower by"]) == pytest.approx(known["mean"], abs=0.0051)


def test_the_worst_scene_comes_first_among_the_worst():
    heading, *lines = headline.scenes_table(paths.RESULTS)
    gains = [(float(line[1]), float(line[4])) for line in lines]
    best, worst = zip(*gains, strict=True)
    assert len(lines) == 10 and list(best) == sorted(best, reverse=True) and list(worst) == sorted(worst)
    assert all(line[2].endswith(" of 10") for line in lines)


def test_what_was_tried_for_vivid_has_its_largest_good_factor():
    known = record(paths.RESULTS / "choices.json")
    lines = {row["temperature, share taken back"]: row for row in rows(headline.choices_table(paths.RESULTS))}
    assert set(lines) == set(known["saturation of each pair"])
    assert lines[known["pair"]]["factor"] == "1.1" and lines["T 1, 0 taken back"]["factor"] == "none is good"
    assert headline.choices(paths.RESULTS)["factors"] == "places x1.2, vivid x1.1, iizuka x1"


def test_numbers_change_with_their_records(results):
    file = results / "errors" / "metrics.json"
    known = json.loads(file.read_text())
    known["miniplaces"]["methods"]["places x1"]["ciede2000"] = 1.234
    file.write_text(json.dumps(known))
    before, after = headline.headline(paths.RESULTS), headline.headline(results)
    assert after == before | {"ciede2000": "1.23"}


def test_a_missing_record_is_named(results):
    (results / "errors" / "metrics.json").unlink()
    for fact in (headline.headline, headline.metrics_table, headline.differences_table, headline.scenes_table):
        with pytest.raises(BadInput, match="there is no .*errors/metrics.json"):
            fact(results)
