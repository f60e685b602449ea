#!/bin/sh
# scikit-learn 1.9.1: StratifiedGroupKFold balances its classes so loosely that two of them can both miss a fold.
#
# Two high, three low and six negative cases, each a group of its own, in five folds. High and low together are five: one for
# each fold. StratifiedKFold gives every fold one of them with every seed. StratifiedGroupKFold, told the same classes and one
# group a case, leaves a fold that has neither in more than half of the seeds, and its training part then has two more than
# it should. Whoever asks "infected or not" of such a fold has no AUC in it. The one warning is that a class is rarer than
# there are folds, as StratifiedKFold has it, too. In 1.7.2 no seed of the same 300 does this: the folds of a seed are other
# ones in another version.
#
# Seen on 2026-11-30, Linux, Python 3.11:
#   1.9.1 StratifiedGroupKFold: 161 of 300 seeds leave a fold with neither high nor low
#   1.9.1 StratifiedKFold: 0 of 300 seeds leave a fold with neither high nor low
#   1.7.2 StratifiedGroupKFold: 0 of 300 seeds leave a fold with neither high nor low
#   1.7.2 StratifiedKFold: 0 of 300 seeds leave a fold with neither high nor low
set -eu
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
cat > "$place/count.py" <<'PYTHON'
import sys

import numpy as np
import sklearn
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

density = np.array([0] * 2 + [1] * 3 + [2] * 6)  # high, low, negative
infected = density < 2
group = np.arange(len(density))


def lacking(splitter):
    splits = (splitter(5, shuffle=True, random_state=seed).split(density, density, group) for seed in range(300))
    return sum(any(not infected[test].any() for _, test in split) for split in splits)


seen = {one.__name__: lacking(one) for one in (StratifiedGroupKFold, StratifiedKFold)}
for name, count in seen.items():
    print(f"{sklearn.__version__} {name}: {count} of 300 seeds leave a fold with neither high nor low")
raise SystemExit(list(seen.values()) != [int(sys.argv[1]), 0])
PYTHON
python3 -m venv "$place/env"
"$place/env/bin/pip" install -q scikit-learn==1.9.1 2>/dev/null
"$place/env/bin/python" -W ignore "$place/count.py" 161
"$place/env/bin/pip" install -q scikit-learn==1.7.2 2>/dev/null
"$place/env/bin/python" -W ignore "$place/count.py" 0
