package org.fulmar.appservers.wildfly.app;

/** A bean that the driver can call: its operations by name, so that a test needs no class of the server's. */
public interface Operations {
    String call(String operation, String... arguments) throws Exception;
}
