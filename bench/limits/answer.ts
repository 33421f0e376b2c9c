/** The limit of every route: Fastify gives the service's answer and does nothing else but parse the body, if there is one. */
import { parse } from 'node:querystring';
import Fastify from 'fastify';
import { recordedAnswers, reply } from './reply.js';

const app = Fastify();
app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) =>
  done(null, parse(body as string)),
);
for (const answer of recordedAnswers())
  app.route({ method: answer.method, url: answer.path, handler: (_request, to) => reply(to, answer) });
await app.listen({ port: Number(process.env.PORT), host: '127.0.0.1' });
