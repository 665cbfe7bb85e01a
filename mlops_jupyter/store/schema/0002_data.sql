-- Data: datasets with a name, kept bytes, documents, contracts. The same subset as 0001.

CREATE TABLE datasets (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  created_at TEXT NOT NULL,
  user_name TEXT,
  deleted_at TEXT
);

CREATE TABLE saved_versions (
  id TEXT PRIMARY KEY,
  dataset_id TEXT NOT NULL REFERENCES datasets (id),
  number BIGINT NOT NULL,
  version_id TEXT NOT NULL REFERENCES dataset_versions (id),
  created_at TEXT NOT NULL,
  user_name TEXT,
  note TEXT,
  run_id TEXT REFERENCES runs (id) ON DELETE SET NULL,
  source_uri TEXT,
  source_hash TEXT,
  source_query TEXT,
  source_read_at TEXT,
  deleted_at TEXT,
  kind TEXT,
  manifest_hash TEXT,
  UNIQUE (dataset_id, number)
);
CREATE INDEX saved_versions_by_version ON saved_versions (version_id);
CREATE INDEX saved_versions_by_run ON saved_versions (run_id);

CREATE TABLE dataset_aliases (
  dataset_id TEXT NOT NULL REFERENCES datasets (id),
  alias TEXT NOT NULL,
  number BIGINT NOT NULL,
  set_at TEXT NOT NULL,
  user_name TEXT,
  PRIMARY KEY (dataset_id, alias)
);

CREATE TABLE kept_versions (
  version_id TEXT PRIMARY KEY REFERENCES dataset_versions (id),
  manifest_hash TEXT NOT NULL,
  method TEXT NOT NULL CHECK (method IN ('chunks', 'deletions')),
  size_bytes BIGINT NOT NULL,
  stored_bytes BIGINT NOT NULL,
  created_at TEXT NOT NULL,
  parent_id TEXT REFERENCES dataset_versions (id)
);

CREATE TABLE chunks (
  hash TEXT PRIMARY KEY,
  pack_hash TEXT NOT NULL,
  offset_bytes BIGINT NOT NULL,
  size_bytes BIGINT NOT NULL
);
CREATE INDEX chunks_by_pack ON chunks (pack_hash);

CREATE TABLE stored_profiles (
  version_id TEXT PRIMARY KEY REFERENCES dataset_versions (id),
  object_hash TEXT NOT NULL,
  size_bytes BIGINT NOT NULL,
  created_at TEXT NOT NULL
);

CREATE TABLE dataset_docs (
  dataset_id TEXT NOT NULL REFERENCES datasets (id),
  seq BIGINT NOT NULL,
  document TEXT NOT NULL,
  created_at TEXT NOT NULL,
  user_name TEXT,
  PRIMARY KEY (dataset_id, seq)
);

CREATE TABLE contracts (
  id TEXT PRIMARY KEY,
  dataset_id TEXT NOT NULL REFERENCES datasets (id),
  number BIGINT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('proposed', 'accepted', 'retired')),
  document TEXT NOT NULL,
  created_at TEXT NOT NULL,
  user_name TEXT,
  note TEXT,
  accepted_at TEXT,
  accepted_by TEXT,
  UNIQUE (dataset_id, number)
);

CREATE TABLE validations (
  id TEXT PRIMARY KEY,
  version_id TEXT NOT NULL REFERENCES dataset_versions (id),
  created_at TEXT NOT NULL,
  passed BIGINT NOT NULL CHECK (passed IN (0, 1)),
  n_errors BIGINT NOT NULL,
  n_warnings BIGINT NOT NULL,
  n_rows BIGINT NOT NULL,
  scores TEXT NOT NULL,
  object_hash TEXT NOT NULL,
  contract_id TEXT REFERENCES contracts (id),
  dataset_id TEXT REFERENCES datasets (id),
  run_id TEXT REFERENCES runs (id) ON DELETE SET NULL,
  user_name TEXT
);
CREATE INDEX validations_by_version ON validations (version_id, created_at);
CREATE INDEX validations_by_contract ON validations (contract_id, created_at);
CREATE INDEX validations_by_dataset ON validations (dataset_id, created_at);
CREATE INDEX validations_by_run ON validations (run_id);

-- 1 where the run made the data, 0 where they were there before it, NULL where that is not known.
ALTER TABLE run_datasets ADD COLUMN is_made BIGINT;

-- The query by which data were read, and when.
ALTER TABLE run_datasets ADD COLUMN source_query TEXT;
ALTER TABLE run_datasets ADD COLUMN source_read_at TEXT;

-- The newest run of a content is asked for often; SQLite has it in the index as it is.
DROP INDEX run_datasets_by_version;
CREATE INDEX run_datasets_by_version ON run_datasets (version_id, run_id);
CREATE INDEX run_datasets_by_name ON run_datasets (name, run_id, version_id);

CREATE VIEW dataset_labels AS
SELECT s.version_id, s.dataset_id, d.name, s.number, s.created_at, s.run_id
FROM saved_versions s JOIN datasets d ON d.id = s.dataset_id
WHERE s.deleted_at IS NULL AND d.deleted_at IS NULL;

CREATE VIEW dataset_uses AS
SELECT d.version_id, d.role, d.name, d.source_uri, d.source_hash, d.run_id, r.number,
       r.experiment_id, r.status, r.started_at
FROM run_datasets d JOIN runs r ON r.id = d.run_id
WHERE r.deleted_at IS NULL;

-- What a run began with: data that were there before it, or that it read from somewhere.
CREATE VIEW dataset_inputs AS
SELECT run_id, version_id, name
FROM run_datasets
WHERE source_uri IS NOT NULL OR is_made = 0 OR (is_made IS NULL AND role <> 'output');

-- That one content was made from another by a run: what the run made, or what was saved in it, and
-- was none of its inputs, comes from its inputs.
CREATE VIEW dataset_steps AS
SELECT i.version_id AS from_id, i.name AS from_name, o.version_id AS into_id, o.name AS into_name,
       o.run_id, r.number AS run_number
FROM run_datasets o
JOIN dataset_inputs i ON i.run_id = o.run_id
JOIN runs r ON r.id = o.run_id AND r.deleted_at IS NULL
WHERE (o.is_made = 1 OR (o.is_made IS NULL AND o.role = 'output')) AND NOT EXISTS (
  SELECT 1 FROM dataset_inputs x WHERE x.run_id = o.run_id AND x.version_id = o.version_id
)
UNION ALL
SELECT i.version_id AS from_id, i.name AS from_name, s.version_id AS into_id, s.name AS into_name,
       s.run_id, r.number AS run_number
FROM dataset_labels s
JOIN dataset_inputs i ON i.run_id = s.run_id
JOIN runs r ON r.id = s.run_id AND r.deleted_at IS NULL
WHERE NOT EXISTS (
  SELECT 1 FROM run_datasets x WHERE x.run_id = s.run_id AND x.version_id = s.version_id
);
