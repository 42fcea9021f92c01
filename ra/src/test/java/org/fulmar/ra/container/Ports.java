package org.fulmar.ra.container;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;

/** Where the brokers of tests are. Stateless. */
public final class Ports {
    private Ports() {}

    /** Leads to a broker on this machine, which may stand still for a while. */
    public static String url(int port) {
        return "fulmar://127.0.0.1:" + port + "?connectTimeout=60000";
    }

    /**
     * One that is free, and stays so while its broker is away: connections that look for the broker meanwhile, and those of
     * others, get theirs from above 32768.
     */
    public static int lasting() {
        for (int attempt = 0; attempt < 100; attempt++) {
            int port = ThreadLocalRandom.current().nextInt(15_000, 31_000);
            try (ServerSocket socket = new ServerSocket()) {
                socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
                return port;
            } catch (IOException e) {
                // somebody has it
            }
        }
        throw new IllegalStateException("no free port");
    }
}
