-- DropForeignKey
ALTER TABLE "check_status" DROP CONSTRAINT "check_status_node_id_fkey";

-- AlterTable
ALTER TABLE "finding" ADD COLUMN     "incident_id" UUID,
ADD COLUMN     "is_shadow" BOOLEAN NOT NULL DEFAULT false,
ADD COLUMN     "kernel" TEXT NOT NULL DEFAULT '',
ADD COLUMN     "mute_id" UUID,
ADD COLUMN     "runtimes" TEXT NOT NULL DEFAULT '',
ADD COLUMN     "was_real" BOOLEAN;

-- AlterTable
ALTER TABLE "repair" ADD COLUMN     "check_id" TEXT,
ADD COLUMN     "kernel" TEXT NOT NULL DEFAULT '',
ADD COLUMN     "origin" TEXT NOT NULL DEFAULT 'person',
ADD COLUMN     "runtimes" TEXT NOT NULL DEFAULT '',
ADD COLUMN     "subject" TEXT NOT NULL DEFAULT '';

-- DropTable
DROP TABLE "check_status";

-- CreateTable
CREATE TABLE "node_inspection" (
    "node_id" UUID NOT NULL,
    "checked_at" TIMESTAMPTZ(3) NOT NULL,
    "due_at" TIMESTAMPTZ(3) NOT NULL,
    "digest" TEXT NOT NULL DEFAULT '',
    "problems" JSONB NOT NULL DEFAULT '{}',
    "unknowns" JSONB NOT NULL DEFAULT '{}',

    CONSTRAINT "node_inspection_pkey" PRIMARY KEY ("node_id")
);

-- CreateTable
CREATE TABLE "incident" (
    "id" UUID NOT NULL,
    "cause_key" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "title" JSONB NOT NULL,
    "state" TEXT NOT NULL,
    "severity" TEXT NOT NULL,
    "node_count" INTEGER NOT NULL DEFAULT 0,
    "finding_count" INTEGER NOT NULL DEFAULT 0,
    "peak_node_count" INTEGER NOT NULL DEFAULT 0,
    "check_ids" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "first_seen_at" TIMESTAMPTZ(3) NOT NULL,
    "opened_at" TIMESTAMPTZ(3) NOT NULL,
    "last_seen_at" TIMESTAMPTZ(3) NOT NULL,
    "closed_at" TIMESTAMPTZ(3),
    "acknowledged_by" TEXT,
    "acknowledged_at" TIMESTAMPTZ(3),
    "live_key" TEXT,

    CONSTRAINT "incident_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "mute" (
    "id" UUID NOT NULL,
    "check_id" TEXT NOT NULL,
    "selector" TEXT NOT NULL,
    "subject" TEXT NOT NULL DEFAULT '',
    "reason" TEXT NOT NULL,
    "created_by" TEXT NOT NULL,
    "created_by_name" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "ended_by" TEXT,
    "ended_at" TIMESTAMPTZ(3),

    CONSTRAINT "mute_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "check_mode" (
    "check_id" TEXT NOT NULL,
    "pool" TEXT NOT NULL,
    "mode" TEXT NOT NULL,
    "reason" TEXT NOT NULL DEFAULT '',
    "set_by" TEXT NOT NULL,
    "set_by_name" TEXT NOT NULL,
    "set_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "check_mode_pkey" PRIMARY KEY ("check_id","pool")
);

-- CreateTable
CREATE TABLE "custom_check" (
    "id" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "created_by" TEXT NOT NULL,
    "created_by_name" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "custom_check_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "custom_check_version" (
    "check_id" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "definition" JSONB NOT NULL,
    "back_test" JSONB,
    "created_by" TEXT NOT NULL,
    "created_by_name" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "custom_check_version_pkey" PRIMARY KEY ("check_id","version")
);

-- CreateTable
CREATE TABLE "patrol" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "selector" TEXT NOT NULL,
    "check_ids" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "trigger" JSONB NOT NULL,
    "jitter_ms" INTEGER NOT NULL DEFAULT 0,
    "is_enabled" BOOLEAN NOT NULL DEFAULT true,
    "next_at" TIMESTAMPTZ(3),
    "created_by" TEXT NOT NULL,
    "created_by_name" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "patrol_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "patrol_run" (
    "id" UUID NOT NULL,
    "patrol_id" UUID,
    "purpose" TEXT NOT NULL,
    "selector" TEXT NOT NULL,
    "check_ids" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "state" TEXT NOT NULL,
    "node_ids" UUID[],
    "done" INTEGER NOT NULL DEFAULT 0,
    "report" JSONB NOT NULL DEFAULT '{}',
    "verdict" TEXT,
    "requested_by" TEXT NOT NULL,
    "requested_by_name" TEXT NOT NULL,
    "is_cancel_requested" BOOLEAN NOT NULL DEFAULT false,
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "due_at" TIMESTAMPTZ(3) NOT NULL,
    "ended_at" TIMESTAMPTZ(3),

    CONSTRAINT "patrol_run_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "node_inspection_due_at_idx" ON "node_inspection"("due_at");

-- CreateIndex
CREATE UNIQUE INDEX "incident_live_key_key" ON "incident"("live_key");

-- CreateIndex
CREATE INDEX "incident_state_opened_at_idx" ON "incident"("state", "opened_at");

-- CreateIndex
CREATE INDEX "mute_ended_at_expires_at_idx" ON "mute"("ended_at", "expires_at");

-- CreateIndex
CREATE UNIQUE INDEX "patrol_name_key" ON "patrol"("name");

-- CreateIndex
CREATE INDEX "patrol_is_enabled_next_at_idx" ON "patrol"("is_enabled", "next_at");

-- CreateIndex
CREATE INDEX "patrol_run_state_due_at_idx" ON "patrol_run"("state", "due_at");

-- CreateIndex
CREATE INDEX "patrol_run_patrol_id_started_at_idx" ON "patrol_run"("patrol_id", "started_at");

-- CreateIndex
CREATE INDEX "patrol_run_started_at_idx" ON "patrol_run"("started_at");

-- CreateIndex
CREATE INDEX "finding_incident_id_idx" ON "finding"("incident_id");

-- CreateIndex
CREATE INDEX "finding_cause_key_state_idx" ON "finding"("cause_key", "state");

-- CreateIndex
CREATE INDEX "repair_repair_id_ended_at_idx" ON "repair"("repair_id", "ended_at");

-- CreateIndex
CREATE INDEX "repair_node_id_check_id_subject_idx" ON "repair"("node_id", "check_id", "subject");

-- AddForeignKey
ALTER TABLE "node_inspection" ADD CONSTRAINT "node_inspection_node_id_fkey" FOREIGN KEY ("node_id") REFERENCES "node"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "finding" ADD CONSTRAINT "finding_mute_id_fkey" FOREIGN KEY ("mute_id") REFERENCES "mute"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "finding" ADD CONSTRAINT "finding_incident_id_fkey" FOREIGN KEY ("incident_id") REFERENCES "incident"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "custom_check_version" ADD CONSTRAINT "custom_check_version_check_id_fkey" FOREIGN KEY ("check_id") REFERENCES "custom_check"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "patrol_run" ADD CONSTRAINT "patrol_run_patrol_id_fkey" FOREIGN KEY ("patrol_id") REFERENCES "patrol"("id") ON DELETE SET NULL ON UPDATE CASCADE;
