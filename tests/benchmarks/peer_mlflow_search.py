"""The search of ``bench_search.py`` in MLflow; runs with the peers' interpreter, prints JSON."""

import json
import random
import statistics
import sys
import time
import uuid

import mlflow
from sqlalchemy import create_engine, text

FOLDER, RUNS, REPEATS, LIMIT, QUESTION, METRICS = sys.argv[1:7]
PARAM = "insert into params (key, value, run_uuid) values (:key, :value, :run_uuid)"
LATEST = (
    "insert into latest_metrics (key, value, timestamp, step, is_nan, run_uuid) "
    "values (:key, :value, :timestamp, :step, :is_nan, :run_uuid)"
)


def fill(uri: str) -> None:
    """Copy the one run that MLflow itself made, with other ids, params and metrics."""
    chance, metrics = random.Random(1), json.loads(METRICS)
    with create_engine(uri).begin() as db:
        model = dict(db.execute(text("select * from runs")).mappings().first())
        rows, params, latest = [], [], []
        for i in range(int(RUNS)):
            one = uuid.uuid4().hex
            changed = {
                "run_uuid": one,
                "name": f"run {i}",
                "start_time": i,
                "end_time": i,
                "status": "FINISHED",
            }
            rows.append(model | changed)
            for key in ("depth", "rate", "trees", "seed"):
                params.append({"key": key, "value": str(chance.randrange(10)), "run_uuid": one})
            for key in metrics:
                point = {"timestamp": i, "step": 0, "is_nan": False, "run_uuid": one}
                latest.append({"key": key, "value": chance.random(), **point})
        marks = ", ".join(f":{column}" for column in model)
        db.execute(text(f"insert into runs ({', '.join(model)}) values ({marks})"), rows)
        db.execute(text(PARAM), params)
        db.execute(text(LATEST), latest)


def main() -> None:
    uri = f"sqlite:///{FOLDER}/mlflow.db"
    mlflow.set_tracking_uri(uri)
    experiment = mlflow.create_experiment("bench")
    with mlflow.start_run(experiment_id=experiment):
        pass
    fill(uri)
    client, times = mlflow.MlflowClient(), []
    for _ in range(int(REPEATS)):
        begun = time.perf_counter()
        found = client.search_runs(
            [experiment], QUESTION, max_results=int(LIMIT), order_by=["metrics.auc DESC"]
        )
        times.append(time.perf_counter() - begun)
    median = statistics.median(times)
    print(json.dumps({"median_s": median, "found": len(found), "version": mlflow.__version__}))


if __name__ == "__main__":
    main()
