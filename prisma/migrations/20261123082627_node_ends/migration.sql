-- CreateIndex
CREATE INDEX "node_revoked_at_idx" ON "node"("revoked_at");

-- CreateIndex
CREATE INDEX "node_quarantined_at_idx" ON "node"("quarantined_at");
