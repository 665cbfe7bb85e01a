-- Executions of cells, recipes of runs, what came of making them again, exports. The same subset as 0001.

CREATE TABLE executions (
  session_id TEXT NOT NULL REFERENCES sessions (id),
  seq BIGINT NOT NULL,
  source TEXT NOT NULL,
  started_at TEXT NOT NULL,
  outcome TEXT NOT NULL CHECK (outcome IN ('finished', 'failed', 'interrupted')),
  effects TEXT NOT NULL,
  cell_id TEXT,
  execution_count BIGINT,
  duration_s DOUBLE PRECISION,
  PRIMARY KEY (session_id, seq)
);
CREATE INDEX executions_by_cell ON executions (cell_id, started_at);

CREATE TABLE recipes (
  run_id TEXT PRIMARY KEY REFERENCES runs (id) ON DELETE CASCADE,
  session_id TEXT NOT NULL REFERENCES sessions (id),
  seq BIGINT NOT NULL,
  kept TEXT NOT NULL,
  targets TEXT NOT NULL,
  doubts TEXT NOT NULL,
  code_hash TEXT NOT NULL,
  created_at TEXT NOT NULL,
  environment TEXT NOT NULL,
  folder TEXT NOT NULL,
  verdict TEXT CHECK (verdict IN ('identical', 'equal', 'differs', 'failed')),
  verified_at TEXT
);
CREATE INDEX recipes_by_session ON recipes (session_id, seq);

CREATE TABLE recipe_files (
  run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  path TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('data', 'module')),
  content_hash TEXT,
  size_bytes BIGINT,
  modified_at DOUBLE PRECISION,
  object_hash TEXT,
  name TEXT,
  PRIMARY KEY (run_id, path)
);
CREATE INDEX recipe_files_by_object ON recipe_files (object_hash);

CREATE TABLE reproductions (
  id TEXT PRIMARY KEY,
  run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  created_at TEXT NOT NULL,
  verdict TEXT NOT NULL CHECK (verdict IN ('identical', 'equal', 'differs', 'failed')),
  summary TEXT NOT NULL,
  object_hash TEXT NOT NULL,
  is_exact_environment BIGINT NOT NULL,
  duration_s DOUBLE PRECISION,
  user_name TEXT
);
CREATE INDEX reproductions_by_run ON reproductions (run_id, created_at);

CREATE TABLE exports (
  id TEXT PRIMARY KEY,
  model_version_id TEXT NOT NULL REFERENCES model_versions (id),
  created_at TEXT NOT NULL,
  target TEXT NOT NULL CHECK (target IN ('service', 'batch')),
  folder TEXT NOT NULL,
  verdict TEXT NOT NULL CHECK (verdict IN ('verified', 'failed', 'unverified')),
  summary TEXT NOT NULL,
  object_hash TEXT NOT NULL,
  lock_hash TEXT,
  user_name TEXT
);
CREATE INDEX exports_by_version ON exports (model_version_id, created_at);

CREATE VIEW latest_reproductions AS
SELECT p.* FROM reproductions p
WHERE NOT EXISTS (
  SELECT 1 FROM reproductions q
  WHERE q.run_id = p.run_id AND (q.created_at > p.created_at OR (q.created_at = p.created_at AND q.id > p.id))
);
