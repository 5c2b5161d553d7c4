-- CreateIndex
CREATE INDEX "node_state_change_at_idx" ON "node_state_change"("at");
