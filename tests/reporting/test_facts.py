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


def test_the_training_was_validated_on_whole_batches():
    said = facts.training(paths.RESULTS)
    assert said["validated"] == "992" == facts.original(paths.RESULTS)["validated"]


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
    folders = [str(file.parent.relative_to(paths.RESULTS)) for file in paths.RESULTS.rglob("recipe.json")]
    lines = facts.provenance_table(paths.RESULTS)
    measured = ["13_five_ways", "choices", "errors", "pictures", "scenes"]
    assert sorted(line[0] for line in lines) == sorted([*folders, *measured])
    assert all(all(line) for line in lines)


def test_a_commit_that_does_not_hold_the_program_is_marked_and_so_is_a_lost_one():
    commits = {line[0]: line[1] for line in facts.provenance_table(paths.RESULTS)}
    assert commits["09_pocket_cpu"] == "101dbd6+"
    assert commits["alpha/full_alpha_10"] == "f8b3896+, a824c5d, a5a1df9"  # two starts more
    assert commits["12_next_steps/nothing_seed_1"] == "27e05e0†"
    assert commits["errors"] == "5a7a185"


def test_the_tables_of_the_write_up_are_those_of_the_package():
    said = facts.write_up_tables(paths.RESULTS)
    assert {network: len(rows) for network, rows in said.items()} == {name: len(rows) for name, rows in TABLES.items()}
    assert said["colorization"][2] == ["upsample", "1", "32x32x64", "64x64x64"]


def test_a_missing_record_is_named(results):
    (results / "places" / "metrics.json").unlink()
    for fact in (facts.training, facts.ledger, facts.alphas):
        with pytest.raises(BadInput, match="there is no .*places/metrics.json"):
            fact(results)
