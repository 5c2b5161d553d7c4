-- AlterTable
ALTER TABLE "repair" ADD COLUMN     "direction" TEXT NOT NULL DEFAULT 'apply',
ADD COLUMN     "rollout_id" UUID;

-- CreateTable
CREATE TABLE "rollout" (
    "id" UUID NOT NULL,
    "title" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "change" JSONB NOT NULL,
    "change_hash" TEXT NOT NULL,
    "acts" TEXT NOT NULL DEFAULT 'on-well',
    "where" JSONB NOT NULL,
    "selector" TEXT NOT NULL DEFAULT '',
    "policy" JSONB NOT NULL,
    "policy_hash" TEXT NOT NULL,
    "lane" TEXT NOT NULL DEFAULT 'normal',
    "risk" TEXT NOT NULL,
    "is_reversible" BOOLEAN NOT NULL,
    "seed" TEXT NOT NULL,
    "target_hash" TEXT NOT NULL DEFAULT '',
    "target_count" INTEGER NOT NULL DEFAULT 0,
    "origin" TEXT NOT NULL DEFAULT 'person',
    "reason" TEXT NOT NULL DEFAULT '',
    "phase" TEXT NOT NULL,
    "stage" TEXT,
    "wave" INTEGER NOT NULL DEFAULT 0,
    "wave_count" INTEGER NOT NULL DEFAULT 0,
    "counts" JSONB NOT NULL DEFAULT '{}',
    "state" JSONB NOT NULL,
    "judge" JSONB,
    "statement" JSONB,
    "approve_by" TIMESTAMPTZ(3),
    "requested_by" TEXT NOT NULL,
    "requested_by_name" TEXT NOT NULL,
    "parent_id" UUID,
    "template_id" UUID,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "approved_at" TIMESTAMPTZ(3),
    "started_at" TIMESTAMPTZ(3),
    "ended_at" TIMESTAMPTZ(3),
    "due_at" TIMESTAMPTZ(3),
    "version" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "rollout_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "rollout_target" (
    "rollout_id" UUID NOT NULL,
    "node_id" UUID NOT NULL,
    "wave" INTEGER NOT NULL,
    "turn" INTEGER NOT NULL,
    "domain" TEXT NOT NULL DEFAULT '',
    "state" TEXT NOT NULL,
    "reason" JSONB,
    "health_before" TEXT NOT NULL,
    "finding_id" UUID,
    "run_id" UUID,
    "attempt" INTEGER NOT NULL DEFAULT 0,
    "changed_at" TIMESTAMPTZ(3) NOT NULL,
    "applied_at" TIMESTAMPTZ(3),

    CONSTRAINT "rollout_target_pkey" PRIMARY KEY ("rollout_id","node_id")
);

-- CreateTable
CREATE TABLE "rollout_event" (
    "rollout_id" UUID NOT NULL,
    "seq" INTEGER NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "type" TEXT NOT NULL,
    "actor" TEXT NOT NULL,
    "event" JSONB NOT NULL,
    "effects" JSONB NOT NULL,
    "phase" TEXT NOT NULL,
    "hash" TEXT NOT NULL,

    CONSTRAINT "rollout_event_pkey" PRIMARY KEY ("rollout_id","seq")
);

-- CreateTable
CREATE TABLE "rollout_look" (
    "rollout_id" UUID NOT NULL,
    "wave" INTEGER NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "data_at" TIMESTAMPTZ(3),
    "verdict" TEXT NOT NULL,
    "reason" JSONB NOT NULL,
    "signals" JSONB NOT NULL,

    CONSTRAINT "rollout_look_pkey" PRIMARY KEY ("rollout_id","wave","at")
);

-- CreateTable
CREATE TABLE "rollout_reading" (
    "rollout_id" UUID NOT NULL,
    "node_id" UUID NOT NULL,
    "arm" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "values" JSONB NOT NULL,
    "baseline" JSONB NOT NULL,

    CONSTRAINT "rollout_reading_pkey" PRIMARY KEY ("rollout_id","node_id")
);

-- CreateTable
CREATE TABLE "rollout_template" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "definition" JSONB NOT NULL,
    "created_by" TEXT NOT NULL,
    "created_by_name" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "rollout_template_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "budget" (
    "pool" TEXT NOT NULL,
    "policy" JSONB NOT NULL,
    "set_by" TEXT NOT NULL,
    "set_by_name" TEXT NOT NULL,
    "set_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "budget_pkey" PRIMARY KEY ("pool")
);

-- CreateTable
CREATE TABLE "lease" (
    "id" UUID NOT NULL,
    "node_id" UUID NOT NULL,
    "pool" TEXT NOT NULL,
    "domain" TEXT NOT NULL DEFAULT '',
    "kind" TEXT NOT NULL,
    "owner" TEXT NOT NULL,
    "owner_name" TEXT NOT NULL,
    "reason" TEXT NOT NULL DEFAULT '',
    "taken_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3),
    "released_at" TIMESTAMPTZ(3),
    "active_key" TEXT,

    CONSTRAINT "lease_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "lease_request" (
    "id" UUID NOT NULL,
    "node_id" UUID NOT NULL,
    "owner" TEXT NOT NULL,
    "owner_name" TEXT NOT NULL,
    "reason" TEXT NOT NULL DEFAULT '',
    "for_ms" BIGINT NOT NULL,
    "waits_for" JSONB,
    "asked_at" TIMESTAMPTZ(3) NOT NULL,
    "ended_at" TIMESTAMPTZ(3),
    "outcome" TEXT,

    CONSTRAINT "lease_request_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "rollout_due_at_idx" ON "rollout"("due_at");

-- CreateIndex
CREATE INDEX "rollout_phase_created_at_idx" ON "rollout"("phase", "created_at");

-- CreateIndex
CREATE INDEX "rollout_created_at_idx" ON "rollout"("created_at");

-- CreateIndex
CREATE INDEX "rollout_target_rollout_id_wave_state_turn_idx" ON "rollout_target"("rollout_id", "wave", "state", "turn");

-- CreateIndex
CREATE INDEX "rollout_target_node_id_state_idx" ON "rollout_target"("node_id", "state");

-- CreateIndex
CREATE UNIQUE INDEX "rollout_template_name_key" ON "rollout_template"("name");

-- CreateIndex
CREATE UNIQUE INDEX "lease_active_key_key" ON "lease"("active_key");

-- CreateIndex
CREATE INDEX "lease_pool_released_at_idx" ON "lease"("pool", "released_at");

-- CreateIndex
CREATE INDEX "lease_owner_idx" ON "lease"("owner");

-- CreateIndex
CREATE INDEX "lease_node_id_taken_at_idx" ON "lease"("node_id", "taken_at");

-- CreateIndex
CREATE INDEX "lease_request_ended_at_asked_at_idx" ON "lease_request"("ended_at", "asked_at");

-- CreateIndex
CREATE INDEX "repair_rollout_id_idx" ON "repair"("rollout_id");

-- AddForeignKey
ALTER TABLE "repair" ADD CONSTRAINT "repair_rollout_id_fkey" FOREIGN KEY ("rollout_id") REFERENCES "rollout"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "rollout_target" ADD CONSTRAINT "rollout_target_rollout_id_fkey" FOREIGN KEY ("rollout_id") REFERENCES "rollout"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "rollout_target" ADD CONSTRAINT "rollout_target_node_id_fkey" FOREIGN KEY ("node_id") REFERENCES "node"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "rollout_event" ADD CONSTRAINT "rollout_event_rollout_id_fkey" FOREIGN KEY ("rollout_id") REFERENCES "rollout"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "rollout_look" ADD CONSTRAINT "rollout_look_rollout_id_fkey" FOREIGN KEY ("rollout_id") REFERENCES "rollout"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "rollout_reading" ADD CONSTRAINT "rollout_reading_rollout_id_fkey" FOREIGN KEY ("rollout_id") REFERENCES "rollout"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "lease" ADD CONSTRAINT "lease_node_id_fkey" FOREIGN KEY ("node_id") REFERENCES "node"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "lease_request" ADD CONSTRAINT "lease_request_node_id_fkey" FOREIGN KEY ("node_id") REFERENCES "node"("id") ON DELETE CASCADE ON UPDATE CASCADE;
