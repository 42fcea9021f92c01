package org.fulmar.jms.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import jakarta.jms.Queue;
import jakarta.jms.XAJMSContext;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import javax.transaction.xa.XAException;
import javax.transaction.xa.XAResource;
import javax.transaction.xa.Xid;
import org.fulmar.jms.FulmarConnectionFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** How many branches may be in doubt. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class XaLimitTest {
    @Test
    void preparedBranchesAreBoundedAndTheEndOfOneMakesRoom(@TempDir Path directory) throws Exception {
        try (RealBroker broker = RealBroker.start(directory, "maxTransactions=2");
                FulmarConnectionFactory factory = new FulmarConnectionFactory(broker.url());
                XAJMSContext context = factory.createXAContext()) {
            XAResource resource = context.getXAResource();
            Queue queue = context.createQueue("bounded");
            Xid first = worked(context, queue);
            assertThat(resource.prepare(first)).isEqualTo(XAResource.XA_OK);
            assertThat(resource.prepare(worked(context, queue))).isEqualTo(XAResource.XA_OK);
            Xid third = worked(context, queue);

            XAException refusal = catchThrowableOfType(XAException.class, () -> resource.prepare(third));

            assertThat(refusal.errorCode).isBetween(XAException.XA_RBBASE, XAException.XA_RBEND);
            assertThat(refusal).hasMessageContaining("no more than 2").hasMessageContaining("maxTransactions");
            resource.commit(first, false);
            assertThat(resource.prepare(worked(context, queue))).isEqualTo(XAResource.XA_OK);
        }
    }

    /** A branch whose work is done, and that is not prepared. */
    private static Xid worked(XAJMSContext context, Queue queue) throws XAException {
        Xid xid = TestXid.next();
        context.getXAResource().start(xid, XAResource.TMNOFLAGS);
        context.createProducer().send(queue, "text");
        context.getXAResource().end(xid, XAResource.TMSUCCESS);
        return xid;
    }
}
