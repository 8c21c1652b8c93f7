// Everything on the page, started.
import { start as startAsk } from "./ask.js";
import { start as startConflicts } from "./conflicts.js";
import { start as startDatasets } from "./datasets.js";
import { refreshSoon, start as startDocuments } from "./documents.js";
import { start as startDrawer } from "./drawer.js";
import { start as startSearch } from "./search.js";
import { start as startStatus } from "./status.js";
import { start as startUpload } from "./upload.js";

startUpload(refreshSoon);
startDocuments();
startDrawer();
startSearch();
startAsk();
startDatasets();
startConflicts();
startStatus();
