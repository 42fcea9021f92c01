package org.fulmar.appservers.wildfly;

import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Finds ports and a directory for the server before Arquillian reads where they are. */
final class WildflyExtension implements BeforeAllCallback {
    @Override
    public void beforeAll(ExtensionContext context) {
        Wildfly.prepare();
    }
}
