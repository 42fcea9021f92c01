package org.fulmar.jms.crash;

/** Who is killed. */
enum Victim {
    BROKER(CrashBroker.class),
    CLIENT(CrashClient.class),
    MANAGER(CrashManager.class);

    private final Class<?> main;

    Victim(Class<?> main) {
        this.main = main;
    }

    Class<?> main() {
        return main;
    }
}
