package org.fulmar.client;

import io.netty.util.NetUtil;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.util.Collections;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Addresses in RocketMQ's form {@code host:port}, and this machine's own. Stateless. */
final class Addresses {
    private static final Logger LOG = LoggerFactory.getLogger(Addresses.class);
    private static final int MAX_LENGTH = 300;

    private Addresses() {}

    static boolean isValid(String address) {
        int colon = address.lastIndexOf(':');
        if (colon < 1 || address.length() > MAX_LENGTH || !address.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
            return false;
        }
        try {
            int port = Integer.parseInt(address.substring(colon + 1));
            return port > 0 && port < 65_536;
        } catch (NumberFormatException e) {
            return false;
        }
    }

    private static String host(String address) {
        String host = address.substring(0, address.lastIndexOf(':'));
        return host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
    }

    private static int port(String address) {
        return Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
    }

    /** The address if its host is a number, else null: then it is to be looked up. */
    static @Nullable InetSocketAddress numeric(String address) throws UnknownHostException {
        byte[] bytes = NetUtil.createByteArrayFromIpAddressString(host(address));
        return bytes == null ? null : new InetSocketAddress(InetAddress.getByAddress(bytes), port(address));
    }

    /** Looks the host's name up, which may take long. */
    static InetSocketAddress lookUp(String address) throws UnknownHostException {
        return new InetSocketAddress(InetAddress.getByName(host(address)), port(address));
    }

    /** An address of this machine that others may know it by; the loopback one if there is no other. */
    static InetAddress own() {
        InetAddress found = null;
        try {
            for (NetworkInterface network : Collections.list(NetworkInterface.getNetworkInterfaces())) {
                if (!network.isUp() || network.isLoopback()) {
                    continue;
                }
                for (InetAddress address : Collections.list(network.getInetAddresses())) {
                    boolean better = found == null || address instanceof Inet4Address;
                    if (!address.isLinkLocalAddress() && !address.isLoopbackAddress() && better) {
                        if (address instanceof Inet4Address) {
                            return address;
                        }
                        found = address;
                    }
                }
            }
        } catch (SocketException e) {
            LOG.warn("this machine's addresses can't be listed; client ids have the loopback one", e);
        }
        return found == null ? InetAddress.getLoopbackAddress() : found;
    }
}
