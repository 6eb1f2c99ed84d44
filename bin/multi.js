#!/usr/bin/env node
'use strict'
const [, , word = ''] = process.argv

// A worker lives long, and its app is what takes time to load. The variable is the one that Node has for its own cache.
if (word === 'worker' || process.env['NODE_DISABLE_COMPILE_CACHE']) require('../dist/cli.cjs')
else require('./compiled.js')('cli.cjs', word)
