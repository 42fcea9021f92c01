package org.fulmar.bench;

/** Says that the provider threw at the first send with a CompletionListener, so that there is nothing to measure. */
final class AsyncUnsupportedException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    AsyncUnsupportedException(Throwable cause) {
        super("the provider does not support a send with a CompletionListener", cause);
    }
}
