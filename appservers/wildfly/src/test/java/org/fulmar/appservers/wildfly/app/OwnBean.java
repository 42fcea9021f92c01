package org.fulmar.appservers.wildfly.app;

import jakarta.annotation.Resource;
import jakarta.ejb.ActivationConfigProperty;
import jakarta.ejb.EJBException;
import jakarta.ejb.MessageDriven;
import jakarta.ejb.MessageDrivenContext;
import jakarta.ejb.TransactionManagement;
import jakarta.ejb.TransactionManagementType;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.MessageListener;
import jakarta.transaction.UserTransaction;

/** On a queue, with transactions of its own, which the receipt is no part of. */
@MessageDriven(
        activationConfig = {
            @ActivationConfigProperty(propertyName = "destinationType", propertyValue = "jakarta.jms.Queue"),
            @ActivationConfigProperty(propertyName = "destination", propertyValue = "own"),
            @ActivationConfigProperty(propertyName = "acknowledgeMode", propertyValue = "Dups-ok-acknowledge")
        })
@TransactionManagement(TransactionManagementType.BEAN)
public class OwnBean implements MessageListener {
    @Resource
    private MessageDrivenContext context;

    @Override
    public void onMessage(Message message) {
        Tasks.onMessage("own", message, context);
        try {
            String text = message.getBody(String.class);
            UserTransaction transaction = context.getUserTransaction();
            transaction.begin();
            Tasks.send("own.kept", text);
            transaction.commit();
            transaction.begin();
            Tasks.send("own.dropped", text);
            transaction.rollback();
        } catch (JMSException e) {
            throw new EJBException(e);
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new EJBException(e);
        }
        Journal.add("own done" + Tasks.transaction());
    }
}
