package org.fulmar.appservers.others.app;

import jakarta.annotation.Resource;
import jakarta.ejb.ActivationConfigProperty;
import jakarta.ejb.MessageDriven;
import jakarta.ejb.MessageDrivenContext;
import jakarta.ejb.TransactionManagement;
import jakarta.ejb.TransactionManagementType;
import jakarta.jms.ConnectionFactory;
import jakarta.jms.Message;
import jakarta.jms.MessageListener;
import jakarta.transaction.UserTransaction;

/** Receives outside of transactions, and sends in two that it begins and ends itself, then in none. */
@MessageDriven(
        name = "SenderBean",
        activationConfig = {
            @ActivationConfigProperty(propertyName = "destinationType", propertyValue = "jakarta.jms.Queue"),
            @ActivationConfigProperty(propertyName = "destination", propertyValue = "letters")
        })
@TransactionManagement(TransactionManagementType.BEAN)
public class SenderBean implements MessageListener {
    @Resource
    private MessageDrivenContext context;

    @Override
    public void onMessage(Message message) {
        ConnectionFactory factory = Names.factory("shared");
        UserTransaction transaction = context.getUserTransaction();
        try {
            transaction.begin();
            Tasks.send(factory, message, "rolled back");
            transaction.rollback();
            transaction.begin();
            Tasks.send(factory, message, "committed");
            transaction.commit();
            Tasks.send(factory, message, "in none");
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
