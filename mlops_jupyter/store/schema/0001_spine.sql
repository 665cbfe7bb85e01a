-- The spine. Written in the subset that SQLite and PostgreSQL both read: TEXT, BIGINT,
-- DOUBLE PRECISION, natural keys, no booleans, no blobs. The SQLite driver makes tables STRICT.
-- Columns are named like the fields of the record of the same name in records.py.

CREATE TABLE meta (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL
);

CREATE TABLE counters (
  name TEXT PRIMARY KEY,
  value BIGINT NOT NULL
);

CREATE TABLE experiments (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  created_at TEXT NOT NULL,
  note TEXT,
  deleted_at TEXT
);

CREATE TABLE sessions (
  id TEXT PRIMARY KEY,
  host TEXT NOT NULL,
  pid BIGINT NOT NULL,
  boot_id TEXT NOT NULL,
  user_name TEXT NOT NULL,
  started_at TEXT NOT NULL,
  kernel_id TEXT,
  notebook TEXT
);

CREATE TABLE environments (
  id TEXT PRIMARY KEY,
  python TEXT NOT NULL,
  platform TEXT NOT NULL,
  packages TEXT NOT NULL,
  hardware TEXT NOT NULL,
  created_at TEXT NOT NULL
);

CREATE TABLE runs (
  id TEXT PRIMARY KEY,
  number BIGINT NOT NULL UNIQUE,
  experiment_id TEXT NOT NULL REFERENCES experiments (id),
  name TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('running', 'finished', 'failed', 'interrupted', 'killed')),
  session_id TEXT NOT NULL REFERENCES sessions (id),
  started_at TEXT NOT NULL,
  last_seen_at TEXT NOT NULL,
  kind TEXT NOT NULL,
  attempt BIGINT NOT NULL,
  parent_id TEXT REFERENCES runs (id) ON DELETE CASCADE,
  ended_at TEXT,
  duration_s DOUBLE PRECISION,
  cpu_s DOUBLE PRECISION,
  peak_memory_bytes BIGINT,
  note TEXT,
  user_name TEXT,
  notebook TEXT,
  cell_key TEXT,
  environment_id TEXT REFERENCES environments (id),
  git_commit TEXT,
  git_branch TEXT,
  git_diff TEXT,
  error_type TEXT,
  error_message TEXT,
  stdout_tail TEXT,
  incomplete TEXT,
  deleted_at TEXT
);
CREATE INDEX runs_by_experiment ON runs (experiment_id, number);
CREATE INDEX runs_by_cell ON runs (cell_key, number);
CREATE INDEX runs_by_parent ON runs (parent_id);
CREATE INDEX runs_by_status ON runs (status, session_id);

CREATE TABLE params (
  run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  key TEXT NOT NULL,
  seq BIGINT NOT NULL,
  value TEXT NOT NULL,
  kind TEXT NOT NULL,
  source TEXT NOT NULL,
  object_hash TEXT,
  PRIMARY KEY (run_id, key, seq)
);
CREATE INDEX params_by_key ON params (key, value);

CREATE TABLE metrics (
  run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  key TEXT NOT NULL,
  seq BIGINT NOT NULL,
  value DOUBLE PRECISION,
  kind TEXT NOT NULL CHECK (kind IN ('finite', 'nan', '+inf', '-inf')),
  time_s DOUBLE PRECISION NOT NULL,
  step BIGINT,
  PRIMARY KEY (run_id, key, seq),
  CHECK ((value IS NULL) = (kind <> 'finite')),
  CHECK (value BETWEEN -1.7976931348623157e308 AND 1.7976931348623157e308)
);

CREATE TABLE latest_metrics (
  run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  key TEXT NOT NULL,
  seq BIGINT NOT NULL,
  value DOUBLE PRECISION,
  kind TEXT NOT NULL CHECK (kind IN ('finite', 'nan', '+inf', '-inf')),
  step BIGINT,
  count BIGINT NOT NULL,
  min_value DOUBLE PRECISION,
  max_value DOUBLE PRECISION,
  direction TEXT CHECK (direction IN ('max', 'min')),
  source TEXT NOT NULL,
  function TEXT,
  data TEXT,
  PRIMARY KEY (run_id, key),
  CHECK (value BETWEEN -1.7976931348623157e308 AND 1.7976931348623157e308)
);
CREATE INDEX latest_metrics_by_value ON latest_metrics (key, value, run_id);

CREATE TABLE tags (
  run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (run_id, key)
);
CREATE INDEX tags_by_key ON tags (key, value);

CREATE TABLE artifacts (
  run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  path TEXT NOT NULL,
  kind TEXT NOT NULL,
  object_hash TEXT NOT NULL,
  size_bytes BIGINT NOT NULL,
  created_at TEXT NOT NULL,
  media_type TEXT NOT NULL,
  variable TEXT,
  detail TEXT,
  PRIMARY KEY (run_id, path)
);
CREATE INDEX artifacts_by_object ON artifacts (object_hash);

CREATE TABLE cells (
  id TEXT PRIMARY KEY,
  session_id TEXT NOT NULL REFERENCES sessions (id),
  seq BIGINT NOT NULL,
  source TEXT NOT NULL,
  started_at TEXT NOT NULL,
  run_id TEXT REFERENCES runs (id) ON DELETE CASCADE,
  cell_id TEXT,
  cell_key TEXT,
  execution_count BIGINT,
  ended_at TEXT,
  outcome TEXT
);
CREATE INDEX cells_by_run ON cells (run_id);
CREATE INDEX cells_by_session ON cells (session_id, seq);

CREATE TABLE dataset_versions (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  n_rows BIGINT NOT NULL,
  n_columns BIGINT NOT NULL,
  size_bytes BIGINT NOT NULL,
  schema_hash TEXT NOT NULL,
  columns_json TEXT NOT NULL,
  created_at TEXT NOT NULL,
  index_hash TEXT,
  rows_object TEXT
);

CREATE TABLE run_datasets (
  run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  role TEXT NOT NULL CHECK (role IN ('train', 'validation', 'test', 'input', 'output')),
  name TEXT NOT NULL,
  version_id TEXT NOT NULL REFERENCES dataset_versions (id),
  source_uri TEXT,
  source_hash TEXT,
  PRIMARY KEY (run_id, role, name)
);
CREATE INDEX run_datasets_by_version ON run_datasets (version_id);

CREATE TABLE findings (
  run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  seq BIGINT NOT NULL,
  code TEXT NOT NULL,
  severity TEXT NOT NULL CHECK (severity IN ('info', 'warning', 'error')),
  message TEXT NOT NULL,
  PRIMARY KEY (run_id, seq)
);

CREATE VIEW latest_params AS
SELECT p.run_id, p.key, p.seq, p.value, p.kind, p.source, p.object_hash
FROM params p
WHERE NOT EXISTS (
  SELECT 1 FROM params q WHERE q.run_id = p.run_id AND q.key = p.key AND q.seq > p.seq
);

CREATE VIEW run_summaries AS
SELECT r.number, e.name AS experiment, r.name, r.status, r.attempt, r.started_at, r.duration_s,
       r.user_name, r.note, r.notebook, r.git_commit, r.id, r.parent_id, r.deleted_at
FROM runs r JOIN experiments e ON e.id = r.experiment_id;
