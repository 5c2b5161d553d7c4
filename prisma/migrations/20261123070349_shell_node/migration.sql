-- AddForeignKey
ALTER TABLE "shell_session" ADD CONSTRAINT "shell_session_node_id_fkey" FOREIGN KEY ("node_id") REFERENCES "node"("id") ON DELETE CASCADE ON UPDATE CASCADE;
