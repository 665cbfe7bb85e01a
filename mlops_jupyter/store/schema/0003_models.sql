-- Models: evaluations, the registry of models, approvals, gates, memory. The same subset as 0001.

CREATE TABLE evaluations (
  id TEXT PRIMARY KEY,
  created_at TEXT NOT NULL,
  problem TEXT NOT NULL,
  n_rows BIGINT NOT NULL,
  primary_key TEXT NOT NULL,
  object_hash TEXT NOT NULL,
  primary_value DOUBLE PRECISION,
  primary_low DOUBLE PRECISION,
  primary_high DOUBLE PRECISION,
  model_hash TEXT,
  run_id TEXT REFERENCES runs (id) ON DELETE SET NULL,
  version_id TEXT REFERENCES dataset_versions (id),
  data_name TEXT,
  user_name TEXT
);
CREATE INDEX evaluations_by_model ON evaluations (model_hash, created_at);
CREATE INDEX evaluations_by_version ON evaluations (version_id, created_at);
CREATE INDEX evaluations_by_run ON evaluations (run_id);

CREATE TABLE models (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  created_at TEXT NOT NULL,
  user_name TEXT,
  description TEXT,
  deleted_at TEXT
);

CREATE TABLE model_versions (
  id TEXT PRIMARY KEY,
  model_id TEXT NOT NULL REFERENCES models (id),
  number BIGINT NOT NULL,
  created_at TEXT NOT NULL,
  object_hash TEXT NOT NULL,
  size_bytes BIGINT NOT NULL,
  format TEXT NOT NULL,
  class_name TEXT NOT NULL,
  signature TEXT NOT NULL,
  user_name TEXT,
  run_id TEXT REFERENCES runs (id) ON DELETE SET NULL,
  artifact_path TEXT,
  example_hash TEXT,
  environment_id TEXT REFERENCES environments (id),
  libraries TEXT,
  params TEXT,
  note TEXT,
  owner TEXT,
  licence TEXT,
  intended_use TEXT,
  limits TEXT,
  unsafe_reason TEXT,
  archived_at TEXT,
  archive_reason TEXT,
  data_version_id TEXT REFERENCES dataset_versions (id),
  UNIQUE (model_id, number)
);
CREATE INDEX model_versions_by_object ON model_versions (object_hash);
CREATE INDEX model_versions_by_run ON model_versions (run_id);

CREATE TABLE model_aliases (
  model_id TEXT NOT NULL REFERENCES models (id),
  alias TEXT NOT NULL,
  number BIGINT NOT NULL,
  set_at TEXT NOT NULL,
  user_name TEXT,
  override_reason TEXT,
  PRIMARY KEY (model_id, alias)
);

CREATE TABLE approvals (
  id TEXT PRIMARY KEY,
  model_version_id TEXT NOT NULL REFERENCES model_versions (id),
  alias TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('requested', 'approved', 'rejected', 'withdrawn')),
  requested_at TEXT NOT NULL,
  requested_by TEXT NOT NULL,
  request_note TEXT,
  decided_at TEXT,
  decided_by TEXT,
  reason TEXT,
  evidence_hash TEXT
);
CREATE INDEX approvals_by_version ON approvals (model_version_id, requested_at);
CREATE INDEX approvals_by_state ON approvals (state, requested_at);

CREATE TABLE model_docs (
  model_id TEXT NOT NULL REFERENCES models (id),
  kind TEXT NOT NULL CHECK (kind IN ('gates', 'usecase')),
  seq BIGINT NOT NULL,
  document TEXT NOT NULL,
  created_at TEXT NOT NULL,
  user_name TEXT,
  PRIMARY KEY (model_id, kind, seq)
);

CREATE TABLE gate_checks (
  id TEXT PRIMARY KEY,
  model_version_id TEXT NOT NULL REFERENCES model_versions (id),
  created_at TEXT NOT NULL,
  alias TEXT NOT NULL,
  is_passed BIGINT NOT NULL,
  object_hash TEXT NOT NULL,
  user_name TEXT
);
CREATE INDEX gate_checks_by_version ON gate_checks (model_version_id, created_at);

CREATE TABLE kpi_values (
  model_id TEXT NOT NULL REFERENCES models (id),
  key TEXT NOT NULL,
  seq BIGINT NOT NULL,
  time TEXT NOT NULL,
  value DOUBLE PRECISION,
  created_at TEXT NOT NULL,
  number BIGINT,
  note TEXT,
  user_name TEXT,
  PRIMARY KEY (model_id, key, seq)
);

-- Append-only: no code of ours updates or deletes a row, and each hash covers the one before it.
CREATE TABLE events (
  seq BIGINT PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  created_at TEXT NOT NULL,
  user_name TEXT NOT NULL,
  kind TEXT NOT NULL,
  subject TEXT NOT NULL,
  detail TEXT NOT NULL,
  previous_hash TEXT NOT NULL,
  hash TEXT NOT NULL
);
CREATE INDEX events_by_subject ON events (subject, seq);

-- One line per model; a version's number only grows, so the highest is the newest.
CREATE VIEW model_lines AS
SELECT m.id, m.name, m.created_at, m.description,
       (SELECT count(*) FROM model_versions v WHERE v.model_id = m.id) AS versions,
       (SELECT max(v.number) FROM model_versions v WHERE v.model_id = m.id) AS newest,
       (SELECT v.created_at FROM model_versions v
        WHERE v.model_id = m.id ORDER BY v.number DESC LIMIT 1) AS last_at
FROM models m
WHERE m.deleted_at IS NULL;

-- One line per version, with its newest evaluation, check of the gates and request.
CREATE VIEW model_version_lines AS
SELECT v.id, v.model_id, v.number, v.created_at, v.class_name, v.size_bytes, v.object_hash, v.user_name,
       v.note, v.owner, v.archived_at, r.number AS run_number,
       e.primary_key AS metric, e.primary_value AS value, e.primary_low AS low, e.primary_high AS high,
       e.n_rows,
       (SELECT g.is_passed FROM gate_checks g
        WHERE g.model_version_id = v.id ORDER BY g.created_at DESC, g.id DESC LIMIT 1) AS is_passed,
       (SELECT a.state FROM approvals a
        WHERE a.model_version_id = v.id ORDER BY a.requested_at DESC, a.id DESC LIMIT 1) AS approval
FROM model_versions v
LEFT JOIN runs r ON r.id = v.run_id
LEFT JOIN evaluations e ON e.id = (
  SELECT x.id FROM evaluations x
  WHERE x.model_hash = v.object_hash ORDER BY x.created_at DESC, x.id DESC LIMIT 1
);

-- Every look at a content to judge a model by it, one row per model; a run whose model was not kept
-- counts as one. Deleted runs looked too.
CREATE VIEW holdout_uses AS
SELECT d.version_id, r.started_at AS used_at, 'run' AS kind, r.id AS source_id, r.id AS run_id,
       r.number AS run_number, a.object_hash AS model_hash, a.variable AS model, r.user_name,
       NULL AS metric, CAST(NULL AS DOUBLE PRECISION) AS value
FROM run_datasets d
JOIN runs r ON r.id = d.run_id
LEFT JOIN artifacts a ON a.run_id = r.id AND a.kind = 'model'
WHERE d.role IN ('validation', 'test')
UNION ALL
SELECT e.version_id, e.created_at, 'evaluation', e.id, e.run_id, r.number, e.model_hash, NULL, e.user_name,
       e.primary_key, e.primary_value
FROM evaluations e
LEFT JOIN runs r ON r.id = e.run_id
WHERE e.version_id IS NOT NULL;
