'use strict';
// What `require('aws-sdk')` gives where the package is nowhere: AWS's older runtimes had it, and code that only names it is
// to run. Whoever calls something of it is told what to do.

const message = "The package 'aws-sdk' (AWS SDK for JavaScript, version 2) is used but not installed. AWS's runtimes for " +
  'Node 16 and before bring it, a plain Node does not: run "npm install aws-sdk" in the function\'s folder, or start the ' +
  'server with --sdk-dir DIR, a folder that has it in its node_modules';

function refuse() {
  const error = new Error(message);
  error.name = 'Runtime.ImportModuleError';
  error.code = 'MODULE_NOT_FOUND';
  throw error;
}

const settings = new Proxy(function settings() {}, {
  get: (_target, name) => (name === 'update' ? () => undefined : undefined),
  set: () => true,
});

/** Names lead on, and so do clients that are made; calls do not. */
function standIn(path) {
  return new Proxy(function standIn() {}, {
    get(target, name) {
      if (typeof name === 'symbol' || name === 'then' || name === '__esModule') return undefined;
      if (name === 'prototype') return target.prototype;
      if (path === '' && name === 'config') return settings;
      if (path === '' && name === 'default') return module.exports;
      return standIn(`${path}.${name}`);
    },
    construct: () => standIn(`${path}()`),
    apply: refuse,
    set: () => true,
  });
}

module.exports = standIn('');
