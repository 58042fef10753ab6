"""Learn from labelled examples which words speak for which kind of message: `make learn`.

Prints how well it does on examples that it has not seen, then writes the clerk's weights.
"""

import gzip
from collections import Counter
from hashlib import sha256
from pathlib import Path

import numpy as np
import orjson
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import classification_report
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

from townhall.clerk.learned import features_of

EXAMPLES = Path(__file__).with_name("examples.tsv")
WEIGHTS = Path(__file__).parents[1] / "townhall" / "clerk" / "learned.gz"
REGULARISATION = 0.8
# One unit of a classifier's score in the clerk's weights, where one word of a pattern counts 1.
UNIT = 5.0
ZERO = 127  # a weight of nothing, in a byte


def main() -> None:
    """Read the examples, print the figures of a five-fold cross-validation, write the weights."""
    content = EXAMPLES.read_bytes()
    lines = content.decode().splitlines()
    labels, texts = zip(*(line.split("\t", 1) for line in lines), strict=True)
    vectorizer = TfidfVectorizer(analyzer=features_of, min_df=2)
    classifier = LinearSVC(C=REGULARISATION, random_state=0)
    pipeline = make_pipeline(vectorizer, classifier)
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    print(Counter(labels).total(), "examples")
    print(classification_report(labels, cross_val_predict(pipeline, texts, labels, cv=folds)))
    pipeline.fit(texts, labels)
    weights = classifier.coef_.T * vectorizer.idf_[:, None] * UNIT
    step = float(np.abs(weights).max()) / ZERO
    features = sorted(vectorizer.vocabulary_, key=vectorizer.vocabulary_.__getitem__)
    head = {
        "examples": sha256(content).hexdigest(),
        "labels": list(classifier.classes_),
        "intercepts": [round(float(each) * UNIT, 3) for each in classifier.intercept_],
        "step": step,
        "zero": ZERO,
        "features": features,
        "rarities": [round(float(each), 2) for each in vectorizer.idf_],
    }
    rows = (np.rint(weights / step) + ZERO).astype(np.uint8)
    packed = gzip.compress(orjson.dumps(head) + b"\n" + rows.tobytes(), mtime=0)
    WEIGHTS.write_bytes(packed)
    print(len(features), "features,", len(packed), "bytes")


if __name__ == "__main__":
    main()
