// The stack that Passerby replaces, as tutorials for a random video chat have it: Express serves the page, socket.io pairs
// the first two that wait and tells each the other's PeerJS id, and the PeerJS server forwards what they send each other.
//
// Usage: node server.js PORT PEER_PORT

const { createServer } = require("node:http");
const express = require("express");
const { PeerServer } = require("peer");
const { Server } = require("socket.io");

const [port, peerPort] = process.argv.slice(2).map(Number);
const host = "127.0.0.1";

const app = express();
app.get("/", (_request, response) => response.send("ok"));
const server = createServer(app);
const io = new Server(server);
let queue = [];

function join(socket) {
  const partner = queue.shift();
  if (!partner) {
    queue.push(socket);
    socket.emit("waiting");
    return;
  }
  partner.data.partner = socket;
  socket.data.partner = partner;
  // The one that waited calls.
  partner.emit("matched", socket.data.peer, true);
  socket.emit("matched", partner.data.peer, false);
}

function part(socket) {
  const partner = socket.data.partner;
  if (partner) {
    socket.data.partner = partner.data.partner = undefined;
    partner.emit("ended");
  }
}

io.on("connection", (socket) => {
  socket.on("join", (peer) => {
    socket.data.peer = peer;
    join(socket);
  });
  socket.on("next", () => {
    part(socket);
    join(socket);
  });
  const leave = () => {
    queue = queue.filter((it) => it !== socket);
    part(socket);
  };
  socket.on("leave", leave);
  socket.on("disconnect", leave);
});

// Its default of 5,000 peers is too low for this benchmark.
PeerServer({ host, port: peerPort, path: "/", concurrent_limit: 100_000 }, () => server.listen(port, host));
