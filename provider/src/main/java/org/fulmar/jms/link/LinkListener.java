package org.fulmar.jms.link;

import org.fulmar.protocol.jms.Deliver;
import org.jspecify.annotations.Nullable;

/** What comes from the broker by itself. Called on the link's event loop, in order; must not block. */
public interface LinkListener {
    void delivered(Deliver deliver);

    /** The connection is gone; nothing comes any more. Called once, also after a close of our own. */
    void lost(@Nullable Throwable cause);
}
