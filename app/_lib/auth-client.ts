// Sign-in, sign-out and password change of this browser, through the console's own /api/auth.
import { createAuthClient } from "better-auth/client";

export const authClient = createAuthClient();
