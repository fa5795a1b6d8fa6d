// page.html is committed, so that nobody needs npm who does not change it; it must not grow stale.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { need, report } from "./fixtures.mjs";

need("esbuild");
const { status } = spawnSync(process.execPath, [join(report, "build.mjs"), "--check"], { stdio: "inherit" });
process.exit(status ?? 1);
