package org.fulmar.broker.transaction.model;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.fulmar.broker.Patience;
import org.fulmar.protocol.command.ResponseCode;
import org.fulmar.protocol.frame.Frame;
import org.fulmar.protocol.frame.HeaderEncoding;
import org.fulmar.protocol.jms.Deliver;
import org.fulmar.protocol.jms.Hello;
import org.fulmar.protocol.jms.JmsCode;
import org.fulmar.protocol.transport.Connection;
import org.fulmar.protocol.transport.RemotingClient;
import org.fulmar.protocol.transport.RequestHandler;
import org.jspecify.annotations.Nullable;

/**
 * The driver's end of all connections. What comes over any of them is done on the driver's thread, in the order in which
 * it came, when that pumps.
 */
final class Wire {
    private static final long PATIENCE_SECONDS = Patience.SECONDS;
    private static final int TIMEOUT_MILLIS = 60_000;

    /** A request and what became of it. */
    static final class Call {
        final int code;
        final Link link;
        boolean done;
        /** Done without an answer. */
        boolean lost;

        int answer;
        String remark = "";
        byte[] body = {};
        /** What is done when it is done. */
        Consumer<Call> then = call -> {};

        Call(int code, Link link) {
            this.code = code;
            this.link = link;
        }

        boolean succeeded() {
            return done && !lost && answer == ResponseCode.SUCCESS;
        }

        @Override
        public String toString() {
            return code + (lost ? " lost" : done ? " answered " + answer + " " + remark : " open");
        }
    }

    /** One connection, by the name under which its successor takes its place. */
    static final class Link {
        final String instance;
        final Map<String, Integer> handles = new HashMap<>();
        final Connection connection;
        boolean lost;

        Link(String instance, Connection connection) {
            this.instance = instance;
            this.connection = connection;
        }
    }

    private final RemotingClient client;
    private final Machine machine;
    private final BiConsumer<Link, Deliver> deliveries;
    private final BlockingQueue<Runnable> events = new LinkedBlockingQueue<>();
    private final List<Call> open = new ArrayList<>();
    private int calls;

    Wire(RemotingClient client, Machine machine, BiConsumer<Link, Deliver> deliveries) {
        this.client = client;
        this.machine = machine;
        this.deliveries = deliveries;
    }

    /** Requests so far. */
    int calls() {
        return calls;
    }

    /** Opens a connection and greets, in place of one that was lost; null if the machine dies meanwhile. */
    @Nullable Link open(String instance) {
        Link[] self = new Link[1];
        RequestHandler handler = request -> {
            Deliver deliver = Deliver.decode(request.body());
            request.done();
            events.add(() -> delivered(self[0], deliver));
        };
        try {
            self[0] = new Link(instance, client.connect(machine.address(), 10_000, handler));
        } catch (IOException e) {
            if (machine.isDead()) {
                return null;
            }
            throw new AssertionError("no connection", e);
        }
        Hello hello = new Hello(1, JmsCode.VERSION, "model", null, instance, null, null);
        Call greeting = call(self[0], JmsCode.HELLO, hello::encode);
        await(greeting);
        return machine.isDead() ? null : self[0];
    }

    private void delivered(Link link, Deliver deliver) {
        if (!link.lost) {
            deliveries.accept(link, deliver);
        }
    }

    Call call(Link link, int code, Consumer<ByteBuf> body) {
        ByteBuf out = link.connection.buffer(256);
        body.accept(out);
        return call(link, Frame.request(code, out));
    }

    /** A request of an administrator, which has fields. */
    Call call(Link link, int code, Map<String, String> fields) {
        return call(link, Frame.request(code, fields, link.connection.buffer(0), HeaderEncoding.ROCKETMQ));
    }

    private Call call(Link link, Frame frame) {
        Call call = new Call(frame.code(), link);
        calls++;
        open.add(call);
        link.connection.request(frame, TIMEOUT_MILLIS).whenComplete((answer, failure) -> {
            if (answer == null) {
                events.add(() -> finish(call, null, new byte[0]));
                return;
            }
            byte[] content = ByteBufUtil.getBytes(answer.body());
            answer.release();
            events.add(() -> finish(call, answer, content));
        });
        return call;
    }

    void oneWay(Link link, int code, Consumer<ByteBuf> body) {
        ByteBuf out = link.connection.buffer(64);
        body.accept(out);
        link.connection.oneWay(Frame.request(code, out));
    }

    private void finish(Call call, @Nullable Frame answer, byte[] body) {
        open.remove(call);
        if (call.done) {
            return;
        }
        call.done = true;
        call.lost = answer == null || call.link.lost;
        if (answer != null) {
            call.answer = answer.code();
            call.remark = String.valueOf(answer.remark());
            call.body = body;
        }
        call.then.accept(call);
    }

    /** Does what has come so far; nothing of a machine that has died. */
    void pump() {
        while (!machine.isDead()) {
            Runnable event = events.poll();
            if (event == null) {
                return;
            }
            event.run();
        }
    }

    /** Does what comes until the call is answered, or never will be. */
    void await(Call call) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!call.done && !machine.isDead()) {
            try {
                Runnable event = events.poll(5, TimeUnit.MILLISECONDS);
                if (event != null && !machine.isDead()) {
                    event.run();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(e);
            }
            if (System.nanoTime() > deadline) {
                throw new AssertionError("no answer to request " + call.code);
            }
        }
    }

    /** Does what comes until nothing is under way any more, over whatever connection it was asked. */
    void awaitAll() {
        while (!open.isEmpty() && !machine.isDead()) {
            await(open.get(0));
        }
    }

    /** Cuts a connection: what is under way over it is lost. */
    void cut(Link link) {
        link.lost = true;
        link.connection.close();
        List.copyOf(open).forEach(call -> {
            if (call.link == link) {
                lose(call);
            }
        });
    }

    private void lose(Call call) {
        open.remove(call);
        call.done = true;
        call.lost = true;
        call.then.accept(call);
    }

    /** The machine is dead: so are all connections. */
    void cutAll(List<Link> links) {
        links.forEach(this::cut);
        List.copyOf(open).forEach(this::lose);
        events.clear();
    }
}
