// node.js CASES: replies, a JSON list of hexadecimal texts, as Node's HTTP
// client (llhttp) reads them from a stream in memory; a line each, as ours.c.
const http = require('http');
const { Duplex } = require('stream');
const cases = JSON.parse(require('fs').readFileSync(process.argv[2]));

function read(bytes) {
  return new Promise((done) => {
    const socket = new Duplex({
      read() {},
      write(chunk, encoding, next) { next(); },
    });
    socket.setTimeout = socket.setNoDelay = socket.setKeepAlive = () => socket;
    socket.ref = socket.unref = () => socket;
    const refused = (e) => done('refused ' + (e.code || e.message));
    const request = http.request({ createConnection: () => socket }, (reply) => {
      const body = [];
      reply.on('data', (piece) => body.push(piece));
      reply.on('end', () => reply.complete
        ? done(reply.statusCode + ' ' + Buffer.concat(body).toString('hex'))
        : refused({ code: 'cut' }));
      reply.on('error', refused);
    });
    request.on('error', refused);
    request.on('upgrade', () => refused({ code: 'upgrade' }));
    request.end();
    setImmediate(() => { socket.push(bytes); socket.push(null); });
  });
}

(async () => {
  for (const each of cases) console.log(await read(Buffer.from(each, 'hex')));
})();

// SPDX-License-Identifier: MIT OR Unlicense
