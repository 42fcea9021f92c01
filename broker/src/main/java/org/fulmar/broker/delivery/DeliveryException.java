package org.fulmar.broker.delivery;

/** A request that the delivery engine refuses; the code says which JMS exception it becomes. */
public final class DeliveryException extends Exception {
    private static final long serialVersionUID = 1L;

    private final int code;

    /**
     * @param code one of the JMS codes of {@link org.fulmar.protocol.command.ResponseCode}
     */
    public DeliveryException(int code, String message) {
        super(message);
        this.code = code;
    }

    public int code() {
        return code;
    }
}
