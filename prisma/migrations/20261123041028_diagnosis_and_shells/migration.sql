-- CreateTable
CREATE TABLE "shell_session" (
    "id" UUID NOT NULL,
    "node_id" UUID NOT NULL,
    "runtime" TEXT,
    "container_id" TEXT,
    "subject" TEXT NOT NULL,
    "namespaces" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "minutes" INTEGER NOT NULL,
    "reason" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "requested_by" TEXT NOT NULL,
    "requested_by_name" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "opened_at" TIMESTAMPTZ(3),
    "deadline_at" TIMESTAMPTZ(3),
    "ended_at" TIMESTAMPTZ(3),
    "end_reason" TEXT,
    "ended_by" TEXT,
    "exit_code" INTEGER,
    "cols" INTEGER NOT NULL DEFAULT 80,
    "rows" INTEGER NOT NULL DEFAULT 24,
    "output_bytes" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "shell_session_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "shell_input" (
    "shell_id" UUID NOT NULL,
    "seq" INTEGER NOT NULL,
    "kind" TEXT NOT NULL,
    "data" BYTEA NOT NULL,
    "by" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "shell_input_pkey" PRIMARY KEY ("shell_id","seq")
);

-- CreateTable
CREATE TABLE "shell_output" (
    "shell_id" UUID NOT NULL,
    "seq" INTEGER NOT NULL,
    "at_ms" INTEGER NOT NULL,
    "data" BYTEA NOT NULL,

    CONSTRAINT "shell_output_pkey" PRIMARY KEY ("shell_id","seq")
);

-- CreateTable
CREATE TABLE "diagnosis_case" (
    "id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "input" TEXT NOT NULL,
    "node_id" UUID,
    "runtime" TEXT,
    "container_id" TEXT,
    "pod_namespace" TEXT,
    "pod_name" TEXT,
    "answer" JSONB NOT NULL,
    "is_known" BOOLEAN NOT NULL,
    "top_cause" TEXT,
    "side" TEXT NOT NULL,
    "confidence" DOUBLE PRECISION NOT NULL,
    "template" TEXT NOT NULL,
    "feedback" TEXT,
    "feedback_note" TEXT NOT NULL DEFAULT '',
    "feedback_at" TIMESTAMPTZ(3),
    "right_cause" TEXT,
    "repair_run_id" UUID,
    "state" TEXT NOT NULL DEFAULT 'open',
    "reviewed_by" TEXT,
    "reviewed_by_name" TEXT,
    "reviewed_at" TIMESTAMPTZ(3),
    "article_id" TEXT,
    "asked_by" TEXT NOT NULL,
    "asked_by_name" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "diagnosis_case_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "article_version" (
    "article_id" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "en" TEXT NOT NULL,
    "zh" TEXT NOT NULL,
    "cause" JSONB,
    "state" TEXT NOT NULL,
    "note" TEXT NOT NULL DEFAULT '',
    "author" TEXT NOT NULL,
    "author_name" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    "reviewed_by" TEXT,
    "reviewed_by_name" TEXT,
    "reviewed_at" TIMESTAMPTZ(3),
    "review_note" TEXT NOT NULL DEFAULT '',
    "case_id" UUID,

    CONSTRAINT "article_version_pkey" PRIMARY KEY ("article_id","version")
);

-- CreateIndex
CREATE INDEX "shell_session_state_created_at_idx" ON "shell_session"("state", "created_at");

-- CreateIndex
CREATE INDEX "shell_session_node_id_created_at_idx" ON "shell_session"("node_id", "created_at");

-- CreateIndex
CREATE INDEX "shell_session_requested_by_created_at_idx" ON "shell_session"("requested_by", "created_at");

-- CreateIndex
CREATE INDEX "shell_session_created_at_idx" ON "shell_session"("created_at");

-- CreateIndex
CREATE INDEX "diagnosis_case_asked_by_created_at_idx" ON "diagnosis_case"("asked_by", "created_at");

-- CreateIndex
CREATE INDEX "diagnosis_case_is_known_state_created_at_idx" ON "diagnosis_case"("is_known", "state", "created_at");

-- CreateIndex
CREATE INDEX "diagnosis_case_top_cause_feedback_idx" ON "diagnosis_case"("top_cause", "feedback");

-- CreateIndex
CREATE INDEX "diagnosis_case_template_idx" ON "diagnosis_case"("template");

-- CreateIndex
CREATE INDEX "diagnosis_case_repair_run_id_idx" ON "diagnosis_case"("repair_run_id");

-- CreateIndex
CREATE INDEX "diagnosis_case_node_id_created_at_idx" ON "diagnosis_case"("node_id", "created_at");

-- CreateIndex
CREATE INDEX "diagnosis_case_created_at_idx" ON "diagnosis_case"("created_at");

-- CreateIndex
CREATE INDEX "article_version_state_updated_at_idx" ON "article_version"("state", "updated_at");

-- AddForeignKey
ALTER TABLE "shell_input" ADD CONSTRAINT "shell_input_shell_id_fkey" FOREIGN KEY ("shell_id") REFERENCES "shell_session"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "shell_output" ADD CONSTRAINT "shell_output_shell_id_fkey" FOREIGN KEY ("shell_id") REFERENCES "shell_session"("id") ON DELETE CASCADE ON UPDATE CASCADE;
