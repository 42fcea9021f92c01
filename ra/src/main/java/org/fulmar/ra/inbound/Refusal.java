package org.fulmar.ra.inbound;

/**
 * What exceptions of applications mean, told by their names: an adapter does not see the classes of Enterprise Beans.
 * Stateless.
 */
final class Refusal {
    private static final String SYSTEM = "jakarta.ejb.EJBException";

    private Refusal() {}

    /**
     * Whether the container has failed, or the bean in a way that rolls back (Enterprise Beans 4.0, section 9.4): such a
     * delivery must not be committed. WildFly does that to one that comes while the bean's component shuts down.
     */
    static boolean isSystem(Throwable failure) {
        for (Class<?> at = failure.getClass(); at != null; at = at.getSuperclass()) {
            if (at.getName().equals(SYSTEM)) {
                return true;
            }
        }
        return failure instanceof Error;
    }

    /** Whether the application is going, or not there yet. */
    static boolean isUnavailable(Throwable failure) {
        return isSystem(failure) && failure.getClass().getSimpleName().contains("Unavailable");
    }
}
