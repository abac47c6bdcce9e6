#!/usr/bin/env node
// The command by a name that it had before; cardume.js itself is quicker to start.
import './cardume.js';
