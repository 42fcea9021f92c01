package org.fulmar.client.producer;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.fulmar.protocol.command.RequestCode;

/** Answers requests with whatever bytes the test wants, right or wrong. One thread for each connection, daemons. */
final class ScriptedServer implements AutoCloseable {
    private static final Pattern CODE = Pattern.compile("\"code\":(\\d+)");
    private static final Pattern OPAQUE = Pattern.compile("\"opaque\":(\\d+)");

    /** The bytes to answer a request with; none closes the connection, null says nothing. */
    interface Script {
        byte[] answer(int code, int opaque);
    }

    private final ServerSocket server;
    private final Script script;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final List<Thread> threads = new ArrayList<>();
    final AtomicInteger sends = new AtomicInteger();

    ScriptedServer(Script script) throws IOException {
        this.server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        this.script = script;
        start(this::accept);
    }

    /** A name server that knows one broker, with two queues of any topic. */
    static ScriptedServer nameServerOf(ScriptedServer broker) throws IOException {
        String route = "{\"brokerDatas\":[{\"brokerAddrs\":{\"0\":\"" + broker.address()
                + "\"},\"brokerName\":\"x\",\"cluster\":\"c\"}],\"queueDatas\":[{\"brokerName\":\"x\",\"perm\":6,"
                + "\"readQueueNums\":2,\"writeQueueNums\":2}]}";
        return new ScriptedServer((code, opaque) -> frame(0, opaque, "{}", route.getBytes(UTF_8)));
    }

    String address() {
        return "127.0.0.1:" + server.getLocalPort();
    }

    private synchronized void start(Runnable work) {
        Thread thread = new Thread(work, "scripted-server");
        thread.setDaemon(true);
        threads.add(thread);
        thread.start();
    }

    private void accept() {
        try {
            while (true) {
                Socket socket = server.accept();
                sockets.add(socket);
                start(() -> serve(socket));
            }
        } catch (IOException e) {
            // closed
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            DataInputStream in = new DataInputStream(socket.getInputStream());
            OutputStream out = socket.getOutputStream();
            while (true) {
                byte[] frame = new byte[in.readInt()];
                in.readFully(frame);
                int header = ByteBuffer.wrap(frame).getInt() & 0xFFFFFF;
                String text = new String(frame, 4, header, UTF_8);
                int code = number(CODE, text);
                if (code == RequestCode.SEND_MESSAGE_V2) {
                    sends.incrementAndGet();
                }
                byte[] answer = code == RequestCode.HEART_BEAT || code == RequestCode.UNREGISTER_CLIENT
                        ? frame(0, number(OPAQUE, text), "{}", new byte[0])
                        : script.answer(code, number(OPAQUE, text));
                if (answer != null && answer.length == 0) {
                    return;
                }
                if (answer != null) {
                    out.write(answer);
                    out.flush();
                }
            }
        } catch (EOFException e) {
            // the client has gone
        } catch (IOException e) {
            // the client or the test has closed it
        }
    }

    private static int number(Pattern pattern, String text) {
        Matcher matcher = pattern.matcher(text);
        if (!matcher.find()) {
            throw new AssertionError("no " + pattern + " in " + text);
        }
        return Integer.parseInt(matcher.group(1));
    }

    /** An answer as it should be. */
    static byte[] frame(int code, int opaque, String fields, byte[] body) {
        return raw(
                "{\"code\":" + code + ",\"extFields\":" + fields + ",\"flag\":1,\"language\":\"JAVA\",\"opaque\":"
                        + opaque + ",\"version\":493}",
                body);
    }

    static byte[] raw(String header, byte[] body) {
        byte[] text = header.getBytes(UTF_8);
        return ByteBuffer.allocate(8 + text.length + body.length)
                .putInt(4 + text.length + body.length)
                .putInt(text.length)
                .put(text)
                .put(body)
                .array();
    }

    @Override
    public void close() throws Exception {
        server.close();
        for (Socket socket : sockets) {
            socket.close();
        }
        List<Thread> started;
        synchronized (this) {
            started = List.copyOf(threads);
        }
        for (Thread thread : started) {
            thread.join(5000);
        }
    }
}
