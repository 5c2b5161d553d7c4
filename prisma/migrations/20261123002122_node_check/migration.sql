-- CreateTable
CREATE TABLE "node_check" (
    "node_id" UUID NOT NULL,
    "check_id" TEXT NOT NULL,
    "what" TEXT NOT NULL,
    "value" TEXT NOT NULL,
    "rollout_id" UUID NOT NULL,
    "set_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "node_check_pkey" PRIMARY KEY ("node_id","check_id","what")
);

-- CreateIndex
CREATE INDEX "node_check_check_id_what_idx" ON "node_check"("check_id", "what");

-- CreateIndex
CREATE INDEX "node_check_rollout_id_idx" ON "node_check"("rollout_id");

-- AddForeignKey
ALTER TABLE "node_check" ADD CONSTRAINT "node_check_node_id_fkey" FOREIGN KEY ("node_id") REFERENCES "node"("id") ON DELETE CASCADE ON UPDATE CASCADE;
