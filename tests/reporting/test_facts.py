"""Facts: each number of the report is that of its record, and only what is on record is said."""

import csv
import json

import pytest

from colorlab.base import paths
from colorlab.base.errors import BadInput
from colorlab.networks.tables import TABLES
from colorlab.reporting import facts


def all_texts(value):
    """All that a fact says, however it is nested."""
    if isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from all_texts(one)
    else:
        yield value


@pytest.mark.parametrize("name", facts.FACTS)
def test_every_fact_is_text(name):
    said = list(all_texts(facts.FACTS[name](paths.RESULTS)))
    assert said and all(isinstance(one, str) for one in said)


def test_the_table_of_metrics_is_that_of_the_records():
    heading, *lines = facts.metrics_table(paths.RESULTS)
    vivid = json.loads((paths.RESULTS / "vivid" / "metrics.json").read_text())["methods"]["model"]
    shown = dict(zip(heading, next(line for line in lines if line[0] == "vivid"), strict=True))
    assert float(shown["CIEDE2000"]) == pytest.approx(vivid["ciede2000"], abs=0.005)
    assert float(shown["PSNR dB"]) == pytest.approx(vivid["psnr"], abs=0.005)
    assert float(shown["chroma loss x100"]) == pytest.approx(vivid["chroma_loss_write_up"], abs=0.5)


def test_the_table_of_looks_has_each_look_with_its_factor_on_the_half_that_did_not_choose():
    heading, *lines = facts.looks_table(paths.RESULTS)
    known = json.loads((paths.RESULTS / "default_look.json").read_text())
    assert [line[0] for line in lines] == ["grey", "places x1", "places x1.2", "vivid x1", "vivid x1.1", "iizuka x1"]
    for name, *cells in lines:
        assert float(cells[0]) == pytest.approx(known["report"][name]["ciede2000"], abs=0.0051)


def test_numbers_change_with_their_records(results):
    file = results / "places" / "metrics.json"
    record = json.loads(file.read_text())
    record["methods"]["model"]["ciede2000"] = 1.234
    file.write_text(json.dumps(record))
    before, after = facts.headline(paths.RESULTS), facts.headline(results)
    assert after == before | {"ciede2000": "1.23"}


def test_a_part_makes_a_difference_only_where_the_ranges_do_not_touch(results):
    def set_losses(part, losses):
        for seed, loss in enumerate(losses):
            file = results / "12_next_steps" / f"{part}_seed_{seed}" / "history.csv"
            rows = list(csv.DictReader(file.read_text().splitlines()))
            rows[-1]["val_chroma_loss"] = loss
            with file.open("w", newline="") as out:
                writer = csv.DictWriter(out, list(rows[0]))
                writer.writeheader()
                writer.writerows(rows)

    set_losses("nothing", (20, 21, 22))
    set_losses("normalization", (18, 18.5, 19.9))
    set_losses("first-weights", (22, 40, 40))
    set_losses("scene-loss", (22.1, 40, 40))
    verdicts = {part: (mean, verdict) for part, mean, *_, verdict, _ in facts.ablations_table(results)}
    assert verdicts["nothing"] == ("2,100", "")
    assert verdicts["normalization"] == ("1,880", "better")
    assert verdicts["first weights"] == ("3,400", "within luck")
    assert verdicts["scene loss"] == ("3,403", "worse")


def test_the_gallery_gains_most_where_the_difference_is_largest():
    known = json.loads((paths.RESULTS / "pictures" / "metrics.json").read_text())["gallery"]
    gains = {name.replace("_", " "): each["grey"] - each["coloured"] for name, each in known.items()}
    said = facts.pictures(paths.RESULTS)
    assert said["best"].split(", ") == sorted(gains, key=gains.get, reverse=True)[:3]
    assert said["worst"].split(", ") == sorted(gains, key=gains.get)[:3]


def test_every_run_on_record_says_where_it_comes_from():
    folders = [file.parent for file in paths.RESULTS.rglob("recipe.json")]
    lines = facts.provenance_table(paths.RESULTS)
    assert [line[0] for line in lines] == sorted(str(folder.relative_to(paths.RESULTS)) for folder in folders)
    assert all(all(line) for line in lines)


def test_the_tables_of_the_write_up_are_those_of_the_package():
    said = facts.write_up_tables(paths.RESULTS)
    assert {network: len(rows) for network, rows in said.items()} == {name: len(rows) for name, rows in TABLES.items()}
    assert said["colorization"][2] == ["upsample", "1", "32x32x64", "64x64x64"]


def test_a_missing_record_is_named(results):
    (results / "places" / "metrics.json").unlink()
    for fact in (facts.headline, facts.ledger, facts.metrics_table):
        with pytest.raises(BadInput, match="there is no .*places/metrics.json"):
            fact(results)
